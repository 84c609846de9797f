//! `hoist annex prune`

use clap::Args;

use crate::app::annex::{PruneOutcome, PruneRequest, prune};
use crate::app::{CommandResult, Exit};
use crate::cli::context::Context;
use crate::cli::older_than::{OlderThan, conclude};
use crate::report::pruned_human;

/// Forget annexes that have ended
///
/// Shows which, and asks. Their records go; an annex that has not ended is never forgotten. The state file shrinks
/// once more than 1 MiB and a quarter of it are empty.
///
/// Exit code 2 when there are some and none was forgotten.
#[derive(Args, Debug)]
pub(in crate::cli) struct Prune {
    #[command(flatten)]
    older_than: OlderThan,

    /// Only show them
    #[arg(long)]
    dry_run: bool,
}

impl Prune {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let request = PruneRequest {
            is_old: &|end, now| self.older_than.covers(end, now),
            dry_run: self.dry_run,
            show: &|pruned, now| {
                if context.wants_json() {
                    return Ok(());
                }
                context.print(&pruned_human("ANNEX", pruned, now, context.style))
            },
        };
        let PruneOutcome { pruned, forgotten } = prune(context.operation(), &request)?;
        conclude(context, "annex", &pruned, forgotten)?;
        Ok(if forgotten || pruned.is_empty() { Exit::Done } else { Exit::Changed })
    }
}
