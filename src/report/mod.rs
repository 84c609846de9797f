//! What people and programs see: reports are made here, and nothing is decided.

pub mod plan;
