//! An HTCondor pool as a source of work: its waiting jobs in groups, its machines, and control over them.
//!
//! What HTCondor's programs do was measured with version 23.9.6; the files say what they rely on.

mod ask_collector;
mod cancel;
mod collector_answer;
mod drain;
mod factories;
mod forget;
mod group_attributes;
mod intervals;
mod job_groups;
mod job_query;
mod located;
mod machines;
mod match_attributes;
mod own_pool;
mod queue_answer;
mod queue_watch;
mod queues;
mod retirement;
mod slot_facts;
mod source;
mod token;

/// The most programs that run at once: each is a process and a connection, and the collector and the queue answer a few
/// at a time (`SCHEDD_QUERY_WORKERS` 8, `COLLECTOR_QUERY_WORKERS` 4).
const AT_ONCE: usize = 8;

pub use group_attributes::tells_run_time;
pub use source::HTCondorSource;
