//! Batch systems and queues: where work waits, and which machines do it.

pub mod htcondor;
mod work_source;

pub use work_source::{DrainAnswer, DrainOrder, SourceError, WorkReading, WorkSource};
