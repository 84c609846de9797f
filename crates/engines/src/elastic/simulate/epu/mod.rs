//! EPU's world: a provisioner that reports the states of machines, and a controller that pulses.

mod belief;
mod brain;
mod calls;
mod controller;
mod iaas_state;
mod input;
mod machines;
mod pulse;
mod scenario;
mod settings;
mod timeline;
mod world;

pub use pulse::EpuSighting;
pub use scenario::EpuScenario;
pub(super) use world::EpuWorld;
