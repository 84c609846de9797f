//! EPU's `queuelen`: one machine more above the high mark of a queue, one fewer below the low mark.

mod config;
mod engine;
mod memory;
#[cfg(test)]
mod tests;

pub use config::QueuelenConfig;
pub use engine::QueuelenEngine;
pub use memory::QueuelenMemory;
