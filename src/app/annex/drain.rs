//! Draining of instances of an annex: their selection, and the result.

use super::drain_policy::DrainPolicy;
use super::failure::gone;
use super::locked_annex::{LockedAnnex, pool_of};
use super::observe::observe;
use super::session::AnnexSession;
use crate::annex::{Annex, AnnexName, AnnexStatus, CannotPick, DrainChoice, pick_to_drain};
use crate::app::{CommandError, Exit, Operation};

/// Request to drain instances.
pub(crate) struct DrainRequest {
    /// Name of the annex.
    pub(crate) name: AnnexName,
    /// Instances to drain.
    pub(crate) selection: DrainSelection,
    /// Policy of the draining.
    pub(crate) policy: DrainPolicy,
}

/// Selection of instances to drain.
pub(crate) enum DrainSelection {
    /// Instances that an earlier command began to drain.
    Begun,
    /// This number of instances, those that drain already included; those with the least work are chosen.
    Count(u32),
    /// Exactly these instances.
    Instances(Vec<String>),
}

/// Result of [`drain`].
pub(crate) enum DrainOutcome {
    /// The user declined.
    Declined,
    /// The instances were drained, and those without jobs were terminated.
    Drained {
        /// Record of the annex.
        record: Box<Annex>,
        /// Selected instances.
        picked: Vec<String>,
        /// Those of them that still have jobs.
        still: Vec<String>,
    },
}

/// Drains instances of an annex, and terminates exactly those.
///
/// # Errors
/// There is no such annex or no such instance; the pool or the cloud failed; a stop was requested.
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
    // Draining begun by an earlier command was agreed to then.
    if !fresh.is_empty() && !user.confirm(&format!("Drain and end {}?", fresh.join(", ")))? {
        user.tell("nothing was drained");
        return Ok(DrainOutcome::Declined);
    }
    user.tell(&format!("draining {}", picked.join(", ")));
    let still = policy.drain(user, &mut held, &picked).await?;
    Ok(DrainOutcome::Drained { record: Box::new(held.record), picked, still })
}

/// Returns the instances to drain, those that drain already included.
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

/// Returns the status of the annex with the pool's view, which alone tells which instances have jobs.
async fn status_with_pool(held: &LockedAnnex) -> Result<AnnexStatus, CommandError> {
    let observed = observe(&*held.tools.cloud, &held.record, pool_of(&held.record).as_ref()).await?;
    match observed.pool_error {
        Some(error) => Err(error.into()),
        None => observed.status.ok_or_else(|| gone(&held.record)),
    }
}

/// Removes the given instances from the status.
pub(super) fn without(status: &mut AnnexStatus, instances: &[String]) {
    status.rows.retain(|row| !instances.contains(&row.instance.id));
}

/// Returns the error for a selection that cannot be drained.
pub(super) fn cannot(error: CannotPick) -> CommandError {
    CommandError::new(error.to_string())
}
