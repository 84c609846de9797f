//! coalition's cloud mode: workers for waiting jobs, one start a delay; idle workers end when no job waits.

mod config;
mod engine;
mod memory;
mod roster;
#[cfg(test)]
mod tests;

pub use config::CoalitionConfig;
pub use engine::CoalitionEngine;
pub use memory::CoalitionMemory;
