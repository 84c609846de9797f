//! EPU's `npreserving`: keeps N machines, some of which own unique slots, and replaces those that fail.

mod config;
mod engine;
mod memory;
#[cfg(test)]
mod tests;

pub use config::{NpreservingConfig, Variables};
pub use engine::NpreservingEngine;
pub use memory::NpreservingMemory;
