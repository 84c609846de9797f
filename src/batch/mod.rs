//! Batch systems: what runs the jobs that instances are for.

pub mod htcondor;
