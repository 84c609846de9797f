//! What the driver promises, on the simulated cloud in virtual time.

mod announcements;
mod changes;
mod departures;
mod dependents;
mod farewells;
mod forecasts;
mod hosts;
mod lab;
mod launches;
mod levels;
mod made_up_provider;
mod misled;
mod offers;
mod phases;
mod programs;
mod random;
mod reload;
mod repair;
mod resumed;
mod scale;
mod stops;
mod terminate;
