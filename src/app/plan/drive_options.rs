//! How an operation that changes a run works.

use std::path::PathBuf;

use crate::engine::DEFAULT_MAX_CONCURRENCY;

/// How an operation that changes a run works.
#[derive(Clone, Debug)]
pub(crate) struct DriveOptions {
    /// The most programs and calls at once.
    pub(crate) max_concurrency: usize,
    /// A file of faults that befall the run.
    pub(crate) rehearse: Option<PathBuf>,
}

impl Default for DriveOptions {
    fn default() -> Self {
        Self { max_concurrency: DEFAULT_MAX_CONCURRENCY, rehearse: None }
    }
}
