//! Whole runs on EC2 as a user makes them: the real binary, the real SDK, real SSH to machines that really compute.
//!
//! What stands in for EC2 is moto behind a proxy (`tests/aws`); what stands in for its machines are sshds in namespaces
//! of their own (`tests/support/machine.rs`), which are given their user data.

#[path = "../aws/mod.rs"]
mod aws;
mod bad_input;
mod boots;
mod departures;
mod doctor;
mod images;
mod kills;
mod lab;
mod leases;
#[path = "../support/machine.rs"]
mod machine;
mod moves;
mod orphan_hints;
mod orphans;
mod proofs;
mod refusals;
mod secrets;
#[path = "../support/skip.rs"]
mod skip;
mod spills;
mod stopped;
mod stops;
mod terminates;
#[path = "../support/tree.rs"]
mod tree;
mod yard;
