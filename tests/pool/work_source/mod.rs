//! An HTCondor pool as a source of work: real queues, a real collector and real machines.

mod collector;
mod drains;
mod jobs;
mod lab;
mod machines;
mod queues;
mod tokens;
