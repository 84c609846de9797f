//! elastiq's world: a cloud, an HTCondor pool, a workload, and a daemon that polls.

mod calls;
mod cloud;
mod config;
mod daemon;
mod input;
mod lifecycle;
mod outage;
mod pass;
mod pool;
mod reading;
mod scenario;
mod sightings;
mod slots;
mod state;
mod tally;
mod timeline;
mod waiting;
mod world;

pub use scenario::ElastiqScenario;
pub use sightings::ElastiqSightings;
pub use world::ElastiqWorld;
