//! Substitutes for the commands for annexes on AWS in a build without it.

use std::ffi::OsString;

use clap::Args;

use crate::app::{CommandError, CommandResult};
use crate::cli::context::Context;
use crate::cloud::without_aws;

/// Needs Amazon's clouds, which this program was built without
#[derive(Args, Debug)]
pub(in crate::cli) struct WithoutAws {
    /// Whatever the command takes where it is there.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, hide = true)]
    _given: Vec<OsString>,
}

impl WithoutAws {
    pub(super) fn run(&self, _context: &Context) -> CommandResult {
        Err(CommandError::from(without_aws("has nothing to set up there")))
    }
}
