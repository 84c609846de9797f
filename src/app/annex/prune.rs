//! Removal of the records of ended annexes.

use jiff::Timestamp;

use super::annex_secrets::AnnexSecrets;
use crate::annex::AnnexPhase;
use crate::app::{CommandError, Operation};
use crate::report::{Pruned, count};
use crate::state::AnnexRow;

/// Function that shows the records to remove, as of a time.
type ShowPruned<'a> = dyn Fn(&[Pruned], Timestamp) -> Result<(), CommandError> + 'a;

/// Request to remove records.
pub(crate) struct PruneRequest<'a> {
    /// Whether an annex that ended at the first time is old enough at the second.
    pub(crate) is_old: &'a dyn Fn(Timestamp, Timestamp) -> bool,
    /// Whether to only show the records.
    pub(crate) dry_run: bool,
    /// Shows the records to remove before the user is asked.
    pub(crate) show: &'a ShowPruned<'a>,
}

/// Result of [`prune`].
pub(crate) struct PruneOutcome {
    /// Records found for removal.
    pub(crate) pruned: Vec<Pruned>,
    /// Whether they were removed.
    pub(crate) forgotten: bool,
}

/// Removes the records of ended annexes if the user agrees.
///
/// # Errors
/// The state file cannot be read or written, or a question cannot be asked.
pub(crate) fn prune(operation: Operation<'_>, request: &PruneRequest<'_>) -> Result<PruneOutcome, CommandError> {
    let Some(state) = operation.workspace.existing_state()? else {
        return Ok(PruneOutcome { pruned: Vec::new(), forgotten: false });
    };
    let now = Timestamp::now();
    let ended: Vec<AnnexRow> = state
        .annexes(true)?
        .into_iter()
        .filter(|row| row.lock.is_none() && row.record.stage == AnnexPhase::Ended)
        .filter(|row| (request.is_old)(row.updated_at, now))
        .collect();
    let pruned: Vec<Pruned> = ended.iter().map(pruned).collect();
    (request.show)(&pruned, now)?;
    let question = format!("Forget {}?", count(ended.len(), "annex"));
    let forgotten = !ended.is_empty() && !request.dry_run && operation.user.confirm(&question)?;
    if forgotten {
        let beside = operation.workspace.beside();
        for row in &ended {
            AnnexSecrets::of(beside, &row.record.id).forget()?;
            state.forget_annex(&row.record.id)?;
        }
        state.give_space_back();
    }
    Ok(PruneOutcome { pruned, forgotten })
}

fn pruned(row: &AnnexRow) -> Pruned {
    let record = &row.record;
    let machines = record.spec.as_ref().map_or_else(|| "-".to_owned(), |spec| count(spec.count, "machine"));
    Pruned {
        name: record.id.name.to_string(),
        tag: record.id.tag(),
        what: machines,
        created_at: record.created_at,
        ended_at: row.updated_at,
    }
}
