//! HTCondor's programs as hoist runs them, with a real collector, negotiator, queue and machines.

mod ads;
mod drains;
mod joins;
pub(crate) mod lab;
mod node;
mod refusals;
mod slots;
mod submits;
