//! Options of an operation that drives a run.

use std::path::PathBuf;

use crate::engine::DEFAULT_MAX_CONCURRENCY;

/// Options of an operation that drives a run.
#[derive(Clone, Debug)]
pub(crate) struct DriveOptions {
    /// Maximum number of concurrent programs and calls.
    pub(crate) max_concurrency: usize,
    /// File of faults injected into the run.
    pub(crate) rehearse: Option<PathBuf>,
}

impl Default for DriveOptions {
    fn default() -> Self {
        Self { max_concurrency: DEFAULT_MAX_CONCURRENCY, rehearse: None }
    }
}
