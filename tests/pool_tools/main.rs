//! HTCondor's programs as hoist runs them, with a real collector, negotiator, queue and machines.

mod ads;
#[path = "../support/cloud_machine.rs"]
mod cloud_machine;
#[path = "../support/contained.rs"]
mod contained;
#[path = "../support/debian.rs"]
mod debian;
mod drains;
mod joins;
#[path = "../support/judges.rs"]
mod judges;
mod lab;
mod node;
mod refusals;
#[path = "../support/skip.rs"]
mod skip;
mod slots;
mod submits;
