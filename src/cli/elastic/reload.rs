//! `hoist elastic reload`

use clap::Args;

use super::fleet_arg::FleetArgument;
use super::show_asked::{show_asked, show_declined};
use crate::app::CommandResult;
use crate::app::elastic::{Reloaded, reload};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;

/// Read a fleet's file again, as a whole; with a problem in it, the fleet goes on with the file as it was
///
/// Clocks and cool-downs go on. When the file's maximum is below the number of workers that live, you are told how many
/// will be drained, and asked.
#[derive(Args, Debug)]
pub(in crate::cli) struct Reload {
    #[command(flatten)]
    fleet: FleetArgument,

    /// Do not wait for the scaler's answer
    #[arg(long)]
    no_wait: bool,
}

impl Reload {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let name = self.fleet.name()?;
        match block_on(reload(context.operation(), &name, !self.no_wait))?? {
            Reloaded::Asked(asked) => show_asked(context, &name, "reload", &asked),
            Reloaded::Declined => show_declined(context, &name, "reload", "the fleet goes on with the file as it was"),
        }
    }
}
