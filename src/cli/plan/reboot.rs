//! `hoist plan reboot`

use clap::Args;

use super::conclude::conclude_if_agreed;
use super::drive::Drive;
use super::run_name::RunName;
use crate::app::CommandResult;
use crate::app::plan::reboot;
use crate::cli::context::Context;
use crate::cli::runtime::block_on;

/// Bring every service of a run down, then raise all of it anew
///
/// Fleets of the run end first, as with `plan terminate`; those whose scaler runs on a machine of the run begin anew
/// with it.
///
/// What is missing on this side (secrets, programs, keys, credentials) is told before anything is touched. A terminate
/// program that fails is told of, and keeps nothing.
///
/// On a terminal it shows what it will do and asks, unless --yes; off a terminal, and with --no-input, it acts.
#[derive(Args, Debug)]
pub(in crate::cli) struct Reboot {
    #[command(flatten)]
    run: RunName,

    #[command(flatten)]
    drive: Drive,
}

impl Reboot {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let done = block_on(reboot(context.operation(), &self.run.name, &self.drive.options()))??;
        conclude_if_agreed(context, done)
    }
}
