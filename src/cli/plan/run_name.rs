//! The argument that names a run.

use clap::Args;
use clap_complete::engine::ArgValueCompleter;

use crate::cli::completions::run_names;

/// The run that a command works on.
#[derive(Args, Debug)]
pub(super) struct RunName {
    /// The run's name, or its id, which earlier runs of a name are known by (plan list --all)
    #[arg(value_name = "RUN", add = ArgValueCompleter::new(run_names))]
    pub(super) name: String,
}
