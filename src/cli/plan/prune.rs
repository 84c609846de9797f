//! `hoist plan prune`

use clap::Args;
use jiff::Timestamp;

use crate::app::plan::{forget, forgettable};
use crate::app::{CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::cli::older_than::{OlderThan, conclude};
use crate::report::{Pruned, count};
use crate::state::RunRow;

/// Forget runs that have ended
///
/// Shows which, and asks. Their records go, with what programs printed and what is kept on this machine for them; `plan
/// history`, `plan logs` and `plan show` know nothing of them any more. A run that has not ended is never forgotten.
/// The state file shrinks once more than 1 MiB and a quarter of it are empty.
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
            return conclude(context, "run", &[], false).map(|()| Exit::Done);
        };
        let now = Timestamp::now();
        let ended = forgettable(&state, |end| self.older_than.covers(end, now))?;
        let shown: Vec<Pruned> = ended.iter().map(pruned).collect();
        if !context.wants_json() {
            context.print(&crate::report::pruned_human("RUN", &shown, now, context.style))?;
        }
        let question = format!("Forget {}?", count(ended.len(), "run"));
        let go = !ended.is_empty() && !self.dry_run && context.confirm(&question)?;
        if go {
            forget(&context.workspace, &state, &ended)?;
        }
        conclude(context, "run", &shown, go)?;
        Ok(if go || ended.is_empty() { Exit::Done } else { Exit::Changed })
    }
}

fn pruned(run: &RunRow) -> Pruned {
    Pruned {
        name: run.name.clone(),
        tag: run.tag.clone(),
        what: run.plan_name.clone(),
        created_at: run.created_at,
        ended_at: run.ended_at.unwrap_or(run.updated_at),
    }
}
