//! `hoist plan resume`

use clap::Args;

use super::conclude::conclude_if_agreed;
use super::drive::Drive;
use super::run_name::RunName;
use crate::app::CommandResult;
use crate::app::plan::resume;
use crate::cli::context::Context;
use crate::cli::runtime::block_on;

/// Go on with a run that was interrupted or failed, on the machines that it has
///
/// What was being launched is found again by its token and tag; programs that still run are waited for; what failed is
/// tried again from the stage that failed. What is missing on this side (secrets, programs, keys, credentials) is told
/// before anything is touched.
///
/// Of services that are recorded as ready only the machines are looked at: exit code 1 when one is gone, 2 when a cloud
/// cannot say. `plan status` runs their checks.
///
/// A run that is being brought down goes on down. What that ends, and what else this would end beside what is recorded
/// as ending, is shown and asked about, unless --yes; off a terminal, and with --no-input, it is refused. `plan
/// terminate` goes on there, too. What an interrupted reload or repair still ends is shown.
#[derive(Args, Debug)]
pub(in crate::cli) struct Resume {
    #[command(flatten)]
    run: RunName,

    #[command(flatten)]
    drive: Drive,
}

impl Resume {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let done = block_on(resume(context.operation(), &self.run.name, &self.drive.options()))??;
        conclude_if_agreed(context, done)
    }
}
