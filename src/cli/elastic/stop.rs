//! `hoist elastic stop`

use clap::Args;

use super::fleet_arg::FleetArgument;
use crate::app::elastic::{StopFleet, Stopped, stop};
use crate::app::{CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::cli::runtime::block_on;
use crate::diagnostics::agreeing;
use crate::report::{FleetRequestDocument, count};

/// End a fleet: its workers accept no more work, end when they have no jobs, and are proved gone
///
/// You are told what will end, and asked. A running scaler does the work; without one, this command does. It waits for
/// as long as jobs run, where the queue does not tell who is busy for the grace of the leases. After Ctrl-C the same
/// command goes on; with --now it ends the workers at once.
///
/// Exit code 3 when workers are not proved gone; the message names them.
#[derive(Args, Debug)]
pub(in crate::cli) struct Stop {
    #[command(flatten)]
    fleet: FleetArgument,

    /// End no worker: they stay until their leases end, as when a scaler dies
    #[arg(long)]
    keep_workers: bool,

    /// End the workers at once, with the jobs that run on them
    #[arg(long, conflicts_with = "keep_workers")]
    now: bool,
}

impl Stop {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let name = self.fleet.name()?;
        let request = StopFleet { name: name.clone(), keep_workers: self.keep_workers, now: self.now };
        let (outcome, message, exit) = match block_on(stop(context.operation(), &request))?? {
            Stopped::Declined => ("declined", format!("fleet {name} goes on"), Exit::Failed),
            Stopped::Ended { ended, kept } if kept.is_empty() => {
                ("done", format!("fleet {name} has ended; {} proved gone", count(ended, "worker")), Exit::Done)
            }
            Stopped::Ended { kept, .. } => {
                let leases = agreeing(kept.len(), "its lease", "their leases");
                let kept = count(kept.len(), "worker");
                ("done", format!("fleet {name} has ended; {kept} will end with {leases}"), Exit::Done)
            }
        };
        if context.wants_json() {
            context.print_json(&FleetRequestDocument::new(&name, "stop", outcome, &message))?;
        } else {
            context.tell(&message);
        }
        Ok(exit)
    }
}
