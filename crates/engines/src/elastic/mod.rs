//! Elasticity: how many machines a fleet should have, decided by pure engines, and simulated worlds that judge them.
//!
//! [`engine`] holds the decision engines: pure functions of configuration, observation and memory. [`simulate`] holds
//! worlds in virtual time (cloud, workload, scripted faults) that drive an engine through a scenario file and record a
//! trace.

pub mod engine;
pub mod simulate;
