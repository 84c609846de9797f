//! Emptying instances of an annex: which ones, and how far it came.

use super::drain_policy::DrainPolicy;
use super::failure::gone;
use super::locked_annex::{LockedAnnex, pool_of};
use super::observe::observe;
use super::session::AnnexSession;
use crate::annex::{Annex, AnnexName, AnnexStatus, CannotPick, DrainChoice, pick_to_drain};
use crate::app::{CommandError, Exit, Operation};

/// Instances that are to be emptied.
pub(crate) struct DrainRequest {
    /// The annex that they are of.
    pub(crate) name: AnnexName,
    /// Which ones.
    pub(crate) selection: DrainSelection,
    /// How.
    pub(crate) policy: DrainPolicy,
}

/// Which instances are to be emptied.
pub(crate) enum DrainSelection {
    /// Those that an earlier command began with.
    Begun,
    /// So many, with those that are draining already: whichever have the least to do.
    Count(u32),
    /// Exactly these.
    Instances(Vec<String>),
}

/// What came of it.
pub(crate) enum DrainOutcome {
    /// Nobody wanted it after all.
    Declined,
    /// They were told, and ended as they had no jobs.
    Drained {
        /// What is recorded of the annex.
        record: Box<Annex>,
        /// The instances that were meant.
        picked: Vec<String>,
        /// Those of them that still have jobs.
        still: Vec<String>,
    },
}

/// Empties instances of an annex, and ends exactly those.
///
/// # Errors
/// There is no such annex or no such instance; the pool or the cloud did not do it; somebody wanted to stop.
pub(crate) async fn drain(operation: Operation<'_>, request: DrainRequest) -> Result<DrainOutcome, CommandError> {
    let DrainRequest { name, selection, policy } = request;
    let session = AnnexSession::new(operation)?;
    let user = session.user;
    let mut held = session.lock_active(&name)?;
    if held.refresh().await?.is_none() {
        return Err(gone(&held.record));
    }
    let picked = pick(&held, selection).await?;
    let begun = |id: &String| held.record.draining.contains(id) || held.record.releasing.contains(id);
    let fresh: Vec<&str> = picked.iter().filter(|id| !begun(id)).map(String::as_str).collect();
    // What an earlier command began was agreed to then.
    if !fresh.is_empty() && !user.confirm(&format!("Drain and end {}?", fresh.join(", ")))? {
        user.tell("nothing was drained");
        return Ok(DrainOutcome::Declined);
    }
    user.tell(&format!("draining {}", picked.join(", ")));
    let still = policy.drain(user, &mut held, &picked).await?;
    Ok(DrainOutcome::Drained { record: Box::new(held.record), picked, still })
}

/// What is to be drained, with what is draining already.
async fn pick(held: &LockedAnnex, selection: DrainSelection) -> Result<Vec<String>, CommandError> {
    let record = &held.record;
    let mut going: Vec<String> = record.draining.iter().chain(&record.releasing).cloned().collect();
    going.sort();
    going.dedup();
    match selection {
        DrainSelection::Begun if going.is_empty() => {
            let message = format!("nothing of annex {} is draining; what is to be drained?", record.id.name);
            Err(CommandError::with_exit(Exit::Usage, message)
                .hint("--instance ID, or --count N for those that have the least to do"))
        }
        DrainSelection::Begun => Ok(going),
        DrainSelection::Count(count) => {
            let Some(more) = (count as usize).checked_sub(going.len()).filter(|more| *more > 0) else {
                going.truncate(count as usize);
                return Ok(going);
            };
            let mut status = status_with_pool(held).await?;
            without(&mut status, &going);
            going.extend(pick_to_drain(&status, &DrainChoice::Count(more)).map_err(cannot)?);
            Ok(going)
        }
        DrainSelection::Instances(instances) => {
            let status = status_with_pool(held).await?;
            let (mut picked, fresh): (Vec<String>, Vec<String>) =
                instances.into_iter().partition(|instance| going.contains(instance));
            for instance in fresh {
                picked.extend(pick_to_drain(&status, &DrainChoice::Instance(instance)).map_err(cannot)?);
            }
            picked.sort();
            picked.dedup();
            Ok(picked)
        }
    }
}

/// Where the annex stands, as the pool has it, too: without it nobody knows who has jobs.
async fn status_with_pool(held: &LockedAnnex) -> Result<AnnexStatus, CommandError> {
    let observed = observe(&*held.tools.cloud, &held.record, pool_of(&held.record).as_ref()).await?;
    match observed.pool_error {
        Some(error) => Err(error.into()),
        None => observed.status.ok_or_else(|| gone(&held.record)),
    }
}

/// Leaves those out that are to be counted otherwise.
pub(super) fn without(status: &mut AnnexStatus, instances: &[String]) {
    status.rows.retain(|row| !instances.contains(&row.instance.id));
}

/// The error for what cannot be drained.
pub(super) fn cannot(error: CannotPick) -> CommandError {
    CommandError::new(error.to_string())
}
