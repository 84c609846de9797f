//! Annexes: leased groups of machines.

pub(crate) mod lab;
mod stacks;
