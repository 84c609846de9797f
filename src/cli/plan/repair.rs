//! `hoist plan repair`

use clap::Args;

use super::conclude::conclude_if_agreed;
use super::drive::Drive;
use super::run_name::RunName;
use crate::app::CommandResult;
use crate::app::plan::repair;
use crate::cli::context::Context;
use crate::cli::runtime::block_on;

/// Check every service; replace the machine of each that fails, at most twice, and check what comes after it
///
/// Only what fails now is replaced: a service that is recorded as failed and works is recorded as ready, and one whose
/// boot program was given what is something else by now is not replaced for that (--with-dependents). What is missing
/// on this side (secrets, programs, keys, credentials) is told before anything is touched. A fleet whose scaler runs on
/// a machine that is replaced ends before it; others stay.
///
/// On a terminal it shows what it will do and asks, unless --yes; off a terminal, and with --no-input, it acts.
#[derive(Args, Debug)]
pub(in crate::cli) struct Repair {
    #[command(flatten)]
    run: RunName,

    /// Also run the boot program again, on the machine that it has, of each service whose values changed: of those that
    /// read a service which was replaced or moved, and of those that read them, in order, once each; one that failed
    /// its check before and fails it all the same is replaced
    #[arg(long)]
    with_dependents: bool,

    #[command(flatten)]
    drive: Drive,
}

impl Repair {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let done = block_on(repair(context.operation(), &self.run.name, self.with_dependents, &self.drive.options()))??;
        conclude_if_agreed(context, done)
    }
}
