//! coalition's world: a job server that starts and stops cloud workers at the end of requests.

mod calls;
mod config;
mod fleet;
mod input;
mod jobs;
mod scenario;
mod server;
mod tally;
mod timeline;
mod view;
mod worker_state;
mod world;

pub use scenario::CoalitionScenario;
pub use server::CoalitionSighting;
pub(super) use world::CoalitionWorld;
