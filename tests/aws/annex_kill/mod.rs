//! `kill -9` of the real program while it makes, changes and deletes annexes: one command goes on, nothing is there
//! twice, and nothing is left in the end.

pub(crate) mod local;
mod stacks;
mod step;
