//! Deletion of annexes, with proof that nothing is left.

use super::drain_policy::DrainPolicy;
use super::equip::forget_secrets;
use super::failure::{failed, still_draining};
use super::fleets_first::{FleetsEnd, announce, end_fleets};
use super::interruption::{Interruption, run_until_stopped};
use super::locked_annex::LockedAnnex;
use super::session::AnnexSession;
use crate::annex::{Annex, AnnexId, AnnexName, AnnexPhase, AnnexSpec, Pilot};
use crate::app::{CommandError, Exit, Interaction, Operation};
use crate::report::count;

/// Request to delete annexes.
pub(crate) struct DeleteRequest {
    /// Names of the annexes.
    pub(crate) names: Vec<AnnexName>,
    /// Policy by which running jobs may end first; none: they are not waited for.
    pub(crate) drain: Option<DrainPolicy>,
    /// Whether to delete without waiting, for example for a change in progress.
    pub(crate) force: bool,
}

/// Way an annex ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deletion {
    /// It was deleted by this command.
    Deleted,
    /// Nothing was left of it already.
    WasGone,
}

/// Result of [`delete`].
pub(crate) enum DeleteOutcome {
    /// The user declined.
    Declined,
    /// All annexes are gone except those reported to [`DeletionObserver::failed`].
    Done(Exit),
}

/// Receiver of the result for each annex.
pub(crate) trait DeletionObserver {
    /// Reports a deleted annex.
    fn deleted(&mut self, annex: &AnnexId, deletion: Deletion) -> Result<(), CommandError>;

    /// Reports an annex that could not be deleted; the others are deleted nevertheless.
    fn failed(&mut self, annex: &AnnexId, error: &CommandError);
}

/// Deletes annexes with all their resources.
///
/// # Errors
/// There is no annex of a given name; a stop was requested; the only annex could not be deleted.
pub(crate) async fn delete(
    operation: Operation<'_>,
    request: DeleteRequest,
    observer: &mut dyn DeletionObserver,
) -> Result<DeleteOutcome, CommandError> {
    let session = AnnexSession::new(operation)?;
    let user = session.user;
    let mut records: Vec<Annex> = Vec::new();
    for name in &request.names {
        let record = session.find(name)?;
        if !records.iter().any(|known| known.id == record.id) {
            records.push(record);
        }
    }
    let living: Vec<&Annex> = records.iter().filter(|record| record.stage != AnnexPhase::Ended).collect();
    announce(&session, &living).await?;
    if !living.is_empty() && !user.confirm(&question(&living))? {
        user.tell("nothing was deleted");
        return Ok(DeleteOutcome::Declined);
    }
    let mut worst = Exit::Done;
    for record in &records {
        let ended = end(&session, record, &request).await;
        match ended.and_then(|deletion| observer.deleted(&record.id, deletion)) {
            Ok(()) => {}
            Err(error) if matches!(error.exit, Exit::Interrupted | Exit::Terminated) => return Err(error),
            Err(error) if records.len() > 1 => {
                observer.failed(&record.id, &error);
                worst = error.exit;
            }
            Err(error) => return Err(error),
        }
    }
    Ok(DeleteOutcome::Done(worst))
}

/// Deletes one annex.
async fn end(session: &AnnexSession<'_>, record: &Annex, request: &DeleteRequest) -> Result<Deletion, CommandError> {
    if record.stage == AnnexPhase::Ended {
        // Repeating the command is safe.
        forget_secrets(session, &record.id)?;
        return Ok(Deletion::WasGone);
    }
    let mut held = session.lock_to_end(record)?;
    if let Some(policy) = request.drain {
        empty(session.user, policy, &mut held).await?;
    }
    let how = FleetsEnd { now: request.drain.is_none(), force: request.force, before: 0, is_gone: false };
    let before = end_fleets(session, record, how).await?;
    let LockedAnnex { record, tools, .. } = &mut held;
    let name = record.id.name.clone();
    let interruption = Interruption {
        what: &format!("what the cloud has begun of deleting annex {name} goes on by itself"),
        hints: &[format!("hoist annex delete {name} sees it through")],
    };
    let work = async { tools.reconciler().delete(record, request.force).await.map_err(|error| failed(&name, error)) };
    run_until_stopped(session.user, interruption, work).await?;
    end_fleets(session, record, FleetsEnd { before, is_gone: true, ..how }).await?;
    forget_secrets(session, &record.id)?;
    Ok(Deletion::Deleted)
}

/// Drains all instances that are in the pool, or whose pilot can be drained.
async fn empty(user: &dyn Interaction, policy: DrainPolicy, held: &mut LockedAnnex) -> Result<(), CommandError> {
    let drains = |spec: &AnnexSpec| spec.joining().is_some() || spec.pilot().is_some_and(Pilot::drains);
    if !held.record.spec.as_ref().is_some_and(drains) || held.refresh().await?.is_none() {
        return Ok(());
    }
    let instances = held.tools.cloud.instances(&held.record.id).await?;
    let instances: Vec<String> =
        instances.into_iter().filter(|instance| instance.state.is_up()).map(|instance| instance.id).collect();
    let still = policy.drain(user, held, &instances).await?;
    if still.is_empty() { Ok(()) } else { Err(still_draining(&held.record.id.name, &still)) }
}

fn question(records: &[&Annex]) -> String {
    let named: Vec<String> = records
        .iter()
        .map(|record| {
            let size = record.spec.as_ref().map_or(0, |spec| spec.count as usize);
            format!("{} ({})", record.id.name, count(size, "instance"))
        })
        .collect();
    let noun = if records.len() == 1 { "annex" } else { "annexes" };
    format!("Delete {noun} {}?", named.join(", "))
}
