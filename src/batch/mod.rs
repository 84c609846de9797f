//! Batch systems, which run jobs on instances.

pub mod htcondor;
