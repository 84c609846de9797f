//! HTCondor's programs as hoist runs them, with a real collector, negotiator, queue and machines.

mod ads;
#[path = "../support/contained.rs"]
mod contained;
#[path = "../support/debian.rs"]
mod debian;
mod drains;
#[path = "../support/judges.rs"]
mod judges;
mod lab;
mod refusals;
mod slots;
mod submits;
