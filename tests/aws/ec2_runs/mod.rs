//! Whole runs on EC2 as a user makes them: the real binary, the real SDK, real SSH to machines that really compute.
//!
//! What stands in for EC2 is moto behind a proxy (`tests/support/src/aws`); what stands in for its machines are sshds in namespaces
//! of their own (`tests/support/src/machine.rs`), which are given their user data.

mod bad_input;
mod boots;
mod departures;
mod doctor;
mod images;
mod kills;
mod lab;
mod leases;
mod masters;
mod moves;
mod orphan_hints;
mod orphans;
mod proofs;
mod refusals;
mod secrets;
mod spills;
mod stopped;
mod stops;
mod terminates;
mod workers;
mod yard;
