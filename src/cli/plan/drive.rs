//! Options of a command that changes a run.

use std::path::PathBuf;

use clap::Args;

use crate::app::plan::DriveOptions;
use crate::engine::DEFAULT_MAX_CONCURRENCY;

/// How a command that changes a run works.
#[derive(Args, Debug, Clone)]
pub(super) struct Drive {
    /// The most programs and calls at once
    #[arg(long, value_name = "N", default_value_t = DEFAULT_MAX_CONCURRENCY as u32, value_parser = clap::value_parser!(u32).range(1..))]
    max_concurrency: u32,

    /// A file of faults, to see how the plan takes them: slow starts, no capacity, lost replies, failing programs,
    /// dying instances
    #[arg(long, value_name = "FILE", value_hint = clap::ValueHint::FilePath)]
    rehearse: Option<PathBuf>,
}

impl Drive {
    /// Returns the options of the operation.
    pub(super) fn options(&self) -> DriveOptions {
        DriveOptions { max_concurrency: self.max_concurrency as usize, rehearse: self.rehearse.clone() }
    }
}
