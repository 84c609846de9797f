//! What the driver promises, on the simulated cloud in virtual time.

mod support;

#[path = "engine/announcements.rs"]
mod announcements;
#[path = "engine/changes.rs"]
mod changes;
#[path = "engine/departures.rs"]
mod departures;
#[path = "engine/dependents.rs"]
mod dependents;
#[path = "engine/farewells.rs"]
mod farewells;
#[path = "engine/forecasts.rs"]
mod forecasts;
#[path = "engine/hosts.rs"]
mod hosts;
#[path = "engine/lab.rs"]
mod lab;
#[path = "engine/launches.rs"]
mod launches;
#[path = "engine/levels.rs"]
mod levels;
#[path = "engine/made_up_provider.rs"]
mod made_up_provider;
#[path = "engine/misled.rs"]
mod misled;
#[path = "engine/offers.rs"]
mod offers;
#[path = "engine/phases.rs"]
mod phases;
#[path = "engine/programs.rs"]
mod programs;
#[path = "engine/random.rs"]
mod random;
#[path = "engine/reload.rs"]
mod reload;
#[path = "engine/repair.rs"]
mod repair;
#[path = "engine/resumed.rs"]
mod resumed;
#[path = "engine/scale.rs"]
mod scale;
#[path = "engine/stops.rs"]
mod stops;
#[path = "engine/terminate.rs"]
mod terminate;
