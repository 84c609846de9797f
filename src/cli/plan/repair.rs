//! `hoist plan repair`

use clap::Args;

use super::session::{Session, block_on, going_down};
use super::{Drive, RunName};
use crate::cli::context::Context;
use crate::cli::exit::CommandResult;
use crate::engine::{Goal, survey};

/// Check every service; replace the machine of each that fails, at most twice, and check what comes after it
#[derive(Args, Debug)]
pub(in crate::cli) struct Repair {
    #[command(flatten)]
    run: RunName,

    #[command(flatten)]
    drive: Drive,
}

impl Repair {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let session = Session::open(context, &self.run.name, &self.drive)?;
        if matches!(session.run.goal, Some(Goal::Down)) {
            return Err(going_down(&session.run.name));
        }
        let done = block_on(async {
            let seen = survey(&session.run, session.places().as_ref()).await;
            session.drive_inside(|driver| driver.repair(&seen)).await
        })??;
        done.conclude(context)
    }
}
