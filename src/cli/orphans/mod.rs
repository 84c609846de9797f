//! `hoist orphans`

mod annexes;
mod audit;
mod places;
mod removal;

use clap::Args;
use jiff::Timestamp;

use super::clouds::Clouds;
use super::context::Context;
use super::exit::{CommandError, CommandResult, Exit};
use super::runtime::block_on;
use crate::report::{Audit, count, orphans_human, orphans_json};
use crate::state::Owner;
use audit::audit;
use removal::remove;

/// Find machines that carry hoist's tags and that no run looks after, what they left behind, annexes that no record is of, and
/// recorded machines that are gone
///
/// Asks every cloud that a recorded run or annex used, and the one that the options and the environment name. A machine past its
/// lease is an orphan whoever launched it.
///
/// Exit code 0 when there is nothing, 2 when there is something, 3 when not everything could be removed or asked.
#[derive(Args, Debug)]
pub(super) struct Orphans {
    /// Terminate the orphans, delete the annexes, and remove what they left. Those of other users, whom another state file may know, stay
    /// unless their lease is over
    #[arg(long)]
    terminate: bool,

    /// Terminate those of other users too
    #[arg(long, requires = "terminate")]
    all_owners: bool,

    /// Look in every region that the account may use
    #[arg(long)]
    all_regions: bool,
}

impl Orphans {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        block_on(self.work(context))?
    }

    async fn work(&self, context: &Context) -> CommandResult {
        let clouds = Clouds::new(context)?;
        let (mut found, places) = audit(context, &clouds, self.all_regions).await?;
        if !context.wants_json() {
            context.print(&orphans_human(&found, &Owner::current().to_string(), Timestamp::now(), context.style))?;
        }
        if !self.terminate
            && found.found.iter().any(|found| found.orphans.len() + found.leftovers.len() + found.annexes.len() > 0)
        {
            context.tell("  hoist orphans --terminate  removes what is yours, or past its lease");
        }
        for failed in &found.failed {
            context.say(&format!("{} {}", context.message_style.bad("could not ask"), failed.what));
            let hint = failed.hint.iter();
            hint.for_each(|hint| context.say(&format!("  {} {hint}", context.message_style.dim("try:"))));
        }
        let removed = self.terminate && remove(context, &mut found, &places, self.all_owners).await?;
        if context.wants_json() {
            context.print_json(&orphans_json(&found, &Owner::current().to_string()))?;
        }
        self.conclude(&found, removed)
    }

    /// The exit code, by what was found and what became of it.
    fn conclude(&self, found: &Audit, removed: bool) -> CommandResult {
        if removed && !found.remains.is_empty() {
            let message = format!("{} still there:\n{}", count(found.remains.len(), "thing"), found.remains.join("\n"));
            return Err(CommandError::with_exit(Exit::Remains, message).hint("hoist orphans --terminate"));
        }
        if !found.failed.is_empty() {
            let message = format!("{} could not be asked; orphans may be there", count(found.failed.len(), "place"));
            return Err(CommandError::with_exit(Exit::Remains, message).hint("hoist doctor"));
        }
        let missing = found.found.iter().any(|found| !found.missing.is_empty());
        Ok(match removed {
            true if missing => Exit::Changed,
            true => Exit::Done,
            false if found.is_clean() => Exit::Done,
            false => Exit::Changed,
        })
    }
}
