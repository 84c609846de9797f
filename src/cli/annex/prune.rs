//! `hoist annex prune`

use crate::app::Interaction as _;
use clap::Args;
use jiff::Timestamp;

use crate::annex::AnnexPhase;
use crate::app::{CommandResult, Exit};
use crate::cli::context::Context;
use crate::cli::older_than::{OlderThan, conclude};
use crate::report::{Pruned, count};
use crate::state::AnnexRow;

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
        let Some(state) = context.workspace.existing_state()? else {
            return conclude(context, "annex", &[], false).map(|()| Exit::Done);
        };
        let now = Timestamp::now();
        let ended: Vec<AnnexRow> = state
            .annexes(true)?
            .into_iter()
            .filter(|row| row.lock.is_none() && row.record.stage == AnnexPhase::Ended)
            .filter(|row| self.older_than.covers(row.updated_at, now))
            .collect();
        let shown: Vec<Pruned> = ended.iter().map(pruned).collect();
        if !context.wants_json() {
            context.print(&crate::report::pruned_human("ANNEX", &shown, now, context.style))?;
        }
        let noun = if ended.len() == 1 { "1 annex".to_owned() } else { format!("{} annexes", ended.len()) };
        let go = !ended.is_empty() && !self.dry_run && context.confirm(&format!("Forget {noun}?"))?;
        if go {
            for row in &ended {
                state.forget_annex(&row.record.id)?;
            }
            state.give_space_back();
        }
        conclude(context, "annex", &shown, go)?;
        Ok(if go || ended.is_empty() { Exit::Done } else { Exit::Changed })
    }
}

fn pruned(row: &AnnexRow) -> Pruned {
    let record = &row.record;
    let machines = record.spec.as_ref().map_or_else(|| "-".to_owned(), |spec| count(spec.count as usize, "machine"));
    Pruned {
        name: record.id.name.to_string(),
        tag: record.id.tag(),
        what: machines,
        created_at: record.created_at,
        ended_at: row.updated_at,
    }
}
