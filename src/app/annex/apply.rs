//! Applies the specification of an annex at the cloud and waits for the result.

use super::annex_change::{AnnexChange, ChangedAnnex, Readiness};
use super::failure::failed;
use super::interruption::{Interruption, run_until_stopped};
use super::locked_annex::LockedAnnex;
use super::wait_pool::wait_for_pool;
use crate::annex::{AnnexSpec, WaitFor};
use crate::app::{CommandError, Interaction};

/// Brings the annex at the cloud to `spec`, and waits for `wait`.
///
/// # Errors
/// The cloud could not apply it, a time limit passed, or a stop was requested.
pub(super) async fn apply(
    user: &dyn Interaction,
    mut held: LockedAnnex,
    spec: &AnnexSpec,
    wait: Readiness,
    change: AnnexChange,
) -> Result<ChangedAnnex, CommandError> {
    let name = &spec.name;
    let wrong = |error| failed(name, error);
    let until = if wait == Readiness::Accepted { WaitFor::Accepted } else { WaitFor::Settled };
    let hints = [
        format!("hoist annex status {name} looks"),
        "the same command again goes on, hoist annex delete ends it".to_owned(),
    ];
    let what = format!("annex {name} is recorded, and what the cloud has begun goes on by itself");
    let LockedAnnex { record, tools, .. } = &mut held;
    let work = async {
        let reconciler = tools.reconciler();
        reconciler.apply(record, spec, until).await.map_err(wrong)?;
        if wait == Readiness::Accepted {
            return Ok(None);
        }
        let instances = reconciler.wait_for_capacity(record).await.map_err(wrong)?;
        if wait == Readiness::Joined {
            wait_for_pool(tools, record).await?;
        }
        Ok(Some(instances))
    };
    let instances = run_until_stopped(user, Interruption { what: &what, hints: &hints }, work).await?;
    Ok(ChangedAnnex { record: held.record, change, instances })
}
