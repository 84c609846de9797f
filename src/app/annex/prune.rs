//! Forgetting annexes that have ended.

use jiff::Timestamp;

use crate::annex::AnnexPhase;
use crate::app::{CommandError, Operation};
use crate::report::{Pruned, count};
use crate::state::AnnexRow;

/// Shows what would be forgotten, seen from a moment.
type ShowPruned<'a> = dyn Fn(&[Pruned], Timestamp) -> Result<(), CommandError> + 'a;

/// What may be forgotten.
pub(crate) struct PruneRequest<'a> {
    /// Whether an annex that ended then, seen from now, is old enough.
    pub(crate) is_old: &'a dyn Fn(Timestamp, Timestamp) -> bool,
    /// Only show it.
    pub(crate) dry_run: bool,
    /// Shows what would be forgotten, seen from now, before that is asked about.
    pub(crate) show: &'a ShowPruned<'a>,
}

/// What came of it.
pub(crate) struct PruneOutcome {
    /// What may be forgotten.
    pub(crate) pruned: Vec<Pruned>,
    /// Whether it was.
    pub(crate) forgotten: bool,
}

/// Forgets annexes that have ended, once that is agreed to.
///
/// # Errors
/// The state file cannot be read or written, or there is nobody to ask.
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
    let noun = if ended.len() == 1 { "1 annex".to_owned() } else { format!("{} annexes", ended.len()) };
    let forgotten = !ended.is_empty() && !request.dry_run && operation.user.confirm(&format!("Forget {noun}?"))?;
    if forgotten {
        for row in &ended {
            state.forget_annex(&row.record.id)?;
        }
        state.give_space_back();
    }
    Ok(PruneOutcome { pruned, forgotten })
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
