//! `hoist plan resume`

use clap::Args;

use super::session::Session;
use super::{Drive, RunName};
use crate::cli::context::Context;
use crate::cli::exit::CommandResult;

/// Go on with a run that was interrupted or failed, on the machines that it has
///
/// What was being launched is found again by its token and tag; programs that still run are waited for; what failed is
/// tried again from the stage that failed.
#[derive(Args, Debug)]
pub(in crate::cli) struct Resume {
    #[command(flatten)]
    run: RunName,

    #[command(flatten)]
    drive: Drive,
}

impl Resume {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        Session::open(context, &self.run.name, &self.drive)?.drive(|driver| driver.resume())?.conclude(context)
    }
}
