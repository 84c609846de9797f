//! The end of an annex's fleets, before its machines.

use tokio::time::Instant;

use super::session::AnnexSession;
use crate::annex::Annex;
use crate::app::dependents::{Dependents, DependentsEnd, Ended, Parent};
use crate::app::{CommandError, Operation};
use crate::state::StateFile;

/// Returns an annex as the parent of fleets.
fn parent_of<'a>(session: &AnnexSession<'_>, state: &'a StateFile, record: &Annex) -> Parent<'a> {
    let name = &record.id.name;
    Parent {
        label: format!("annex {name}"),
        tag: record.id.tag(),
        state,
        clouds: vec![(record.place.provider.clone(), session.clouds.open(&record.place))],
        only: None,
        again: format!("hoist annex delete {name}"),
    }
}

/// Tells which workers of fleets of these annexes will end first.
///
/// # Errors
/// The state file cannot be read.
pub(super) async fn announce(session: &AnnexSession<'_>, records: &[&Annex]) -> Result<(), CommandError> {
    let Some(state) = session.workspace.state_to_read()? else { return Ok(()) };
    for record in records {
        let parent = parent_of(session, &state, record);
        Dependents::of(&parent).await?.announce(session.user, &parent.label);
    }
    Ok(())
}

/// How the fleets of an annex are ended.
#[derive(Clone, Copy)]
pub(super) struct FleetsEnd {
    /// Whether their jobs are not waited for.
    pub(super) now: bool,
    /// Whether the annex ends also where workers are not proved gone.
    pub(super) force: bool,
    /// The number of workers that were ended before.
    pub(super) before: usize,
    /// Whether the annex itself has ended, so that no worker is launched any more.
    pub(super) is_gone: bool,
}

/// Ends the fleets of an annex and all their workers; returns the number of workers that were ended, those before
/// included.
///
/// # Errors
/// Workers are not proved gone, and the annex is to stay for that; or the user stops waiting.
pub(super) async fn end_fleets(
    session: &AnnexSession<'_>,
    record: &Annex,
    how: FleetsEnd,
) -> Result<usize, CommandError> {
    let FleetsEnd { now, force, before, is_gone } = how;
    let Some(state) = session.workspace.existing_state()? else { return Ok(before) };
    let parent = parent_of(session, &state, record);
    let seen = Dependents::of(&parent).await?;
    let operation = Operation { workspace: session.workspace, user: session.user };
    let end = DependentsEnd { operation, parent, now };
    let mut stops = session.user.stops(None)?;
    let gone_since = Instant::now();
    let mut ended = if seen.fleets.is_empty() { Ended::default() } else { end.end_fleets(&mut stops).await? };
    ended.add(end.end_workers(&mut stops).await?);
    let is_known = before + ended.workers > 0 || !seen.is_none();
    if is_gone && is_known && ended.remains.is_empty() {
        ended.add(end.end_late_workers(gone_since, &mut stops).await?);
    }
    // A cloud that does not answer is told of by the end of the annex itself.
    let stays = is_known && !ended.remains.is_empty() && (is_gone || !force);
    if stays { Err(end.not_proved(&ended.remains)) } else { Ok(before + ended.workers) }
}
