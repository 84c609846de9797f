//! `kill -9` of the real program while it makes, changes and deletes annexes: one command goes on, nothing is there
//! twice, and nothing is left in the end.

#[path = "../aws/mod.rs"]
mod aws;
#[path = "../kill/dice.rs"]
mod dice;
#[allow(dead_code, reason = "each test uses its own part of this")]
#[path = "../annex_cli/lab.rs"]
mod lab;
mod local;
#[path = "../support/skip.rs"]
mod skip;
mod stacks;
mod step;
