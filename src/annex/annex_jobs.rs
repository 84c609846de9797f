//! The jobs of an annex in the queue.

use super::job_misfit::JobMisfit;

/// The jobs that are bound to an annex.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AnnexJobs {
    /// The name of the annex, which may have ended.
    pub annex: String,
    /// Whether an annex of this name lives and its lease is not over; otherwise the jobs wait for ever.
    pub is_living: bool,
    /// The number that waits.
    pub idle: u64,
    /// The number that runs.
    pub running: u64,
    /// The number that is held.
    pub held: u64,
    /// Those of the waiting ones that no slot of the annex can run.
    pub never: Vec<NeverJobs>,
}

/// Idle jobs that are alike, and that no slot can run.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NeverJobs {
    /// One of them, such as `12.0`.
    pub job: String,
    /// How many there are.
    pub count: u64,
    /// Why.
    pub misfit: JobMisfit,
}
