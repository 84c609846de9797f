//! What the driver promises, on the simulated cloud in virtual time.

mod support;

#[path = "engine/changes.rs"]
mod changes;
#[path = "engine/lab.rs"]
mod lab;
#[path = "engine/launches.rs"]
mod launches;
#[path = "engine/levels.rs"]
mod levels;
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
#[path = "engine/scale.rs"]
mod scale;
#[path = "engine/stops.rs"]
mod stops;
#[path = "engine/terminate.rs"]
mod terminate;
