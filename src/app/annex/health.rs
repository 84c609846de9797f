//! Health of an annex, and unfinished changes of earlier commands.

use super::session::AnnexSession;
use crate::annex::{Annex, AnnexPhase, AnnexStatus, ObservedState};
use crate::app::Exit;
use crate::provider::InstanceState;
use crate::report::count;
use crate::report::time::local;

/// Returns the record updated with the result of an earlier command's change; none if no change is pending, or another
/// process holds the annex.
pub(super) async fn caught_up(session: &AnnexSession<'_>, record: &Annex) -> Option<Annex> {
    if record.stage != AnnexPhase::Applying {
        return None;
    }
    let mut held = session.lock(record).ok()?;
    held.refresh().await.ok()?;
    Some(held.record)
}

/// Describes a recorded change that the cloud is not working on.
pub(super) fn unfinished(record: &Annex, status: &AnnexStatus) -> Option<String> {
    let is_still = !matches!(
        status.seen.state,
        ObservedState::Changing | ObservedState::Deleting | ObservedState::DeleteFailed(_)
    );
    let (spec, name) = (record.spec.as_ref()?, &record.id.name);
    (record.stage == AnnexPhase::Applying && record.made && is_still).then(|| {
        let end = local(spec.expires_at);
        let size = count(spec.count, "instance");
        format!(
            "a change to {size} until {end} was cut off, or is only just begun; `hoist annex update {name} --count {}` goes on with it",
            spec.count
        )
    })
}

/// Returns the health of the annex as an exit code.
pub(super) fn health(record: &Annex, status: &AnnexStatus) -> Exit {
    let running = status.rows.iter().filter(|row| row.instance.state == InstanceState::Running).count();
    let is_whole = running >= status.seen.wanted as usize && record.draining.is_empty();
    let is_whole = is_whole && unfinished(record, status).is_none();
    let is_marked = status.rows.iter().any(|row| row.mark.is_some()) || !status.strays.is_empty();
    match status.seen.state {
        ObservedState::Failed(_) | ObservedState::DeleteFailed(_) | ObservedState::Deleting => Exit::Failed,
        ObservedState::Settled if is_whole && !is_marked => Exit::Done,
        ObservedState::Settled | ObservedState::Changing => Exit::Changed,
    }
}

/// Returns the more severe of two: failed, then degraded, then healthy.
pub(super) fn worse(one: Exit, other: Exit) -> Exit {
    let rank = |exit: Exit| match exit {
        Exit::Done => 0,
        Exit::Changed => 1,
        _ => 2,
    };
    if rank(other) > rank(one) { other } else { one }
}
