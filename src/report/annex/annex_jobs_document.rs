//! The documents of the jobs of annexes.

use serde::Serialize;

use crate::annex::{AnnexJobs, AnnexName, NeverJobs};
use crate::report::schema_version::SchemaVersion;

/// The document of `hoist annex list --jobs`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnnexesJobsDocument<'a> {
    schema: SchemaVersion,
    /// The annexes that have jobs.
    annexes: Vec<ListedJobsView<'a>>,
}

/// An annex with its jobs.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ListedJobsView<'a> {
    /// The annex's name.
    annex: &'a str,
    /// Whether an annex of this name lives and its lease is not over; otherwise the jobs wait for ever.
    living: bool,
    #[serde(flatten)]
    jobs: AnnexJobsView<'a>,
}

/// The jobs of an annex.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnnexJobsView<'a> {
    /// How many wait.
    idle: u64,
    /// How many run.
    running: u64,
    /// How many are held.
    held: u64,
    /// Those of the waiting ones that no slot of the annex can run; empty in a list, which compares none.
    never: Vec<NeverJobsView<'a>>,
}

/// Jobs that are alike, and that no slot of an annex can run.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct NeverJobsView<'a> {
    /// One of them.
    job: &'a str,
    /// How many there are.
    count: u64,
    /// Whether the requirement is the job's; otherwise it is the slot's.
    of_job: bool,
    /// The first part of it that fails.
    clause: &'a str,
    /// What would help, where that is known.
    remedy: Option<&'a str>,
}

/// The document of `hoist annex release-jobs`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ReleasedJobsDocument<'a> {
    schema: SchemaVersion,
    /// The annex's name.
    annex: &'a AnnexName,
    /// How many jobs may run elsewhere now.
    freed: u64,
    /// How many jobs are out of the queue.
    removed: u64,
}

impl<'a> AnnexesJobsDocument<'a> {
    /// Creates the document.
    pub fn new(jobs: &'a [AnnexJobs]) -> Self {
        let annexes = jobs.iter().map(|jobs| ListedJobsView {
            annex: &jobs.annex,
            living: jobs.is_living,
            jobs: AnnexJobsView::of(jobs),
        });
        Self { schema: SchemaVersion, annexes: annexes.collect() }
    }
}

impl<'a> AnnexJobsView<'a> {
    pub(super) fn of(jobs: &'a AnnexJobs) -> Self {
        let never = jobs.never.iter().map(|NeverJobs { job, count, misfit }| NeverJobsView {
            job,
            count: *count,
            of_job: misfit.of_job,
            clause: &misfit.clause,
            remedy: misfit.remedy,
        });
        Self { idle: jobs.idle, running: jobs.running, held: jobs.held, never: never.collect() }
    }
}

impl<'a> ReleasedJobsDocument<'a> {
    /// Creates the document.
    pub fn new(annex: &'a AnnexName, freed: u64, removed: u64) -> Self {
        Self { schema: SchemaVersion, annex, freed, removed }
    }
}
