//! elastiq's rules, repaired: a machine that has joined is no longer coming; an empty queue starts no clock; ending an
//! idle machine does not change the number of coming ones; the quota counts own live machines, each once.

mod config;
mod deadline;
mod engine;
mod errors;
mod growth;
mod machines;
mod memory;
mod minimum;
mod queue;
mod sync;
#[cfg(test)]
mod tests;
mod timer;

pub use config::ElastiqConfig;
pub use engine::ElastiqEngine;
pub use memory::ElastiqMemory;
