//! `hoist plan prune`

use crate::app::Interaction as _;
use clap::Args;
use jiff::Timestamp;

use crate::app::Clouds;
use crate::app::{CommandError, CommandResult, Exit};
use crate::cli::context::Context;
use crate::cli::older_than::{OlderThan, conclude};
use crate::os::remove_tree;
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
        let ended: Vec<RunRow> = state
            .runs(true)?
            .into_iter()
            .filter(|run| run.lock.is_none() && run.ended_at.is_some_and(|end| self.older_than.covers(end, now)))
            .collect();
        let shown: Vec<Pruned> = ended.iter().map(pruned).collect();
        if !context.wants_json() {
            context.print(&crate::report::pruned_human("RUN", &shown, now, context.style))?;
        }
        let question = format!("Forget {}?", count(ended.len(), "run"));
        let go = !ended.is_empty() && !self.dry_run && context.confirm(&question)?;
        if go {
            let clouds = Clouds::new(&context.workspace)?;
            for run in &ended {
                // The record last: as long as something is left here, the command can be repeated.
                remove_remains(&clouds, run)?;
            }
            state.forget_all(&ended.iter().map(|run| run.id).collect::<Vec<_>>())?;
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

/// Removes what may be left on this machine of a run that has ended: its host keys, and directories of services that
/// ran here.
fn remove_remains(clouds: &Clouds, run: &RunRow) -> Result<(), CommandError> {
    let mut remains = vec![clouds.beside().join("ssh").join(&run.tag)];
    if let Ok(entries) = std::fs::read_dir(clouds.beside().join("this-host")) {
        let prefix = format!("{}.", run.tag);
        let is_its = |path: &std::path::PathBuf| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(&prefix))
        };
        remains.extend(entries.flatten().map(|entry| entry.path()).filter(is_its));
    }
    for path in remains {
        remove_tree(&path)
            .map_err(|(path, error)| CommandError::new(format!("cannot remove {}: {error}", path.display())))?;
    }
    Ok(())
}
