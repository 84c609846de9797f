//! coalition's job server: its jobs and workers by its REST interface.

mod affinity;
mod job;
mod job_tree;
mod source;
mod worker;
mod worker_row;

pub(super) use source::CoalitionSource;
