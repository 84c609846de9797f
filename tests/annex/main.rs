//! Annexes: leased groups of machines.

mod lab;
#[path = "../support/python.rs"]
mod python;
mod stacks;
