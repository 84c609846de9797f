//! Annexes: leased groups of machines.

mod lab;
#[path = "../support/python.rs"]
mod python;
#[path = "../support/skip.rs"]
mod skip;
mod stacks;
