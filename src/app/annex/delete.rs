//! Ending annexes, with proof that nothing is left.

use super::drain_policy::DrainPolicy;
use super::failure::{failed, still_draining};
use super::interruption::{Interruption, run_until_stopped};
use super::locked_annex::{LockedAnnex, pool_of};
use super::session::AnnexSession;
use crate::annex::{Annex, AnnexId, AnnexName, AnnexPhase};
use crate::app::{CommandError, Exit, Interaction, Operation};
use crate::provider::InstanceState;
use crate::report::count;

/// Annexes that are to end.
pub(crate) struct DeleteRequest {
    /// Their names.
    pub(crate) names: Vec<AnnexName>,
    /// How the jobs that run there may end first, where they may.
    pub(crate) drain: Option<DrainPolicy>,
    /// Whether nothing is waited for, such as a change that is under way.
    pub(crate) force: bool,
}

/// How an annex ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deletion {
    /// It was deleted now.
    Deleted,
    /// Nothing was left of it already.
    WasGone,
}

/// What came of it.
pub(crate) enum DeleteOutcome {
    /// Nobody wanted it after all.
    Declined,
    /// All are gone, but for those that the observer was told of.
    Done(Exit),
}

/// Who is told of each annex as it ends.
pub(crate) trait DeletionObserver {
    /// It is gone.
    fn deleted(&mut self, annex: &AnnexId, deletion: Deletion) -> Result<(), CommandError>;

    /// It could not be deleted, which keeps none of the others alive.
    fn failed(&mut self, annex: &AnnexId, error: &CommandError);
}

/// Ends annexes with all that belongs to them.
///
/// # Errors
/// There is no such annex; somebody wanted to stop; the only one could not be deleted.
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

/// Ends one annex.
async fn end(session: &AnnexSession<'_>, record: &Annex, request: &DeleteRequest) -> Result<Deletion, CommandError> {
    if record.stage == AnnexPhase::Ended {
        // Safe to repeat: what is wanted is so.
        return Ok(Deletion::WasGone);
    }
    let mut held = session.lock_to_end(record)?;
    if let Some(policy) = request.drain {
        empty(session.user, policy, &mut held).await?;
    }
    let LockedAnnex { record, tools, .. } = &mut held;
    let name = record.id.name.clone();
    let interruption = Interruption {
        what: &format!("what the cloud has begun of deleting annex {name} goes on by itself"),
        hints: &[format!("hoist annex delete {name} sees it through")],
    };
    let work = async { tools.reconciler().delete(record, request.force).await.map_err(|error| failed(&name, error)) };
    run_until_stopped(session.user, interruption, work).await?;
    Ok(Deletion::Deleted)
}

/// Drains all instances that are in the pool.
async fn empty(user: &dyn Interaction, policy: DrainPolicy, held: &mut LockedAnnex) -> Result<(), CommandError> {
    if pool_of(&held.record).is_none() || held.refresh().await?.is_none() {
        return Ok(());
    }
    let lives = |state: InstanceState| matches!(state, InstanceState::Pending | InstanceState::Running);
    let instances = held.tools.cloud.instances(&held.record.id).await?;
    let instances: Vec<String> =
        instances.into_iter().filter(|instance| lives(instance.state)).map(|instance| instance.id).collect();
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
