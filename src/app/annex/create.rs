//! Making an annex, or going on with one that an earlier command began.

use serde_json::Value;

use super::annex_change::{AnnexChange, ChangedAnnex, Readiness};
use super::annex_lease::{longest_lease, now};
use super::apply::apply;
use super::draft::AnnexDraft;
use super::existing::{ExistingAnnex, compare};
use super::failure::failed;
use super::interruption::{Interruption, run_until_stopped};
use super::locked_annex::LockedAnnex;
use super::preflight::{Preflight, budget_diagnostic, check};
use super::session::AnnexSession;
use crate::annex::PoolSoftware;
use crate::app::{CommandError, Interaction, Operation, refuse};
use crate::diagnostics::Diagnostic;

/// What is not done when something is wrong.
const NOTHING: &str = "nothing was made";

/// An annex that is wanted.
pub(crate) struct CreateRequest {
    /// What it is to be.
    pub(crate) draft: AnnexDraft,
    /// How far to wait for it.
    pub(crate) wait: Readiness,
    /// Only show it: nothing is made and nothing is recorded.
    pub(crate) dry_run: bool,
}

/// What came of it.
pub(crate) enum CreateOutcome {
    /// The annex is there.
    There(Box<ChangedAnnex>),
    /// It was only looked at, with what the cloud would be asked for.
    Shown(Box<Preflight>, Value),
    /// Nobody wanted it after all.
    Declined,
}

/// Makes the annex, goes on with it, or finds it as it should be.
///
/// # Errors
/// Something is wrong with what was said or at the cloud; there is another annex of the name; the cloud could not make
/// it; somebody wanted to stop.
pub(crate) async fn create(operation: Operation<'_>, request: CreateRequest) -> Result<CreateOutcome, CommandError> {
    create_in(&AnnexSession::new(operation)?, request).await
}

/// The same within a session.
pub(super) async fn create_in(
    session: &AnnexSession<'_>,
    request: CreateRequest,
) -> Result<CreateOutcome, CommandError> {
    let CreateRequest { mut draft, wait, dry_run } = request;
    let (user, name, lease) = (session.user, draft.spec.name.clone(), draft.lease);
    resolve(session, &mut draft, wait, dry_run).await?;

    let there = session.find_active(&name)?;
    let id = there.as_ref().map(|record| record.id.clone());
    if dry_run {
        let offered = check(session, draft, id.as_ref(), NOTHING).await?;
        let preview = offered.preview(session, id.as_ref()).await?;
        return Ok(CreateOutcome::Shown(Box::new(offered), preview));
    }

    let mut expired = None;
    if let Some(record) = there {
        refuse(user, &draft.diagnostics, NOTHING)?;
        let mut held = session.lock(&record)?;
        match compare(&mut held, &draft).await? {
            ExistingAnnex::Same { left } => {
                warn_of_ended(user, &draft, left);
                let unchanged = ChangedAnnex { record: held.record, change: AnnexChange::Unchanged, instances: None };
                return Ok(CreateOutcome::There(Box::new(unchanged)));
            }
            ExistingAnnex::GoOn(spec) => {
                user.tell(&format!("going on with annex {}", user.strong(name.as_str())));
                let finished = apply(user, held, &spec, wait, AnnexChange::WentOn).await?;
                return Ok(CreateOutcome::There(Box::new(finished)));
            }
            ExistingAnnex::Over => expired = Some(held),
        }
    }

    let offered = check(session, draft, id.as_ref(), NOTHING).await?;
    user.offer(&offered.offer());
    if !user.confirm(&format!("Make annex {name}?"))? {
        user.tell(NOTHING);
        return Ok(CreateOutcome::Declined);
    }

    if let Some(held) = expired {
        user.tell(&format!("the lease of an earlier annex {name} is over; clearing what is left of it"));
        clear(user, held).await?;
    }
    let Preflight { mut spec, place, estimate, budget, .. } = offered;
    // Whoever was asked took their time.
    let begin = now();
    if let Ok(end) = lease.end(begin, longest_lease()) {
        spec.expires_at = end;
    }
    refuse(user, budget_diagnostic(&spec, estimate, budget, begin).as_slice(), NOTHING)?;

    let held = session.record(&name, &place)?;
    let created = apply(user, held, &spec, wait, AnnexChange::Created).await?;
    Ok(CreateOutcome::There(Box::new(created)))
}

/// Fills in what the options leave open, and tells what is worth knowing of them.
async fn resolve(
    session: &AnnexSession<'_>,
    draft: &mut AnnexDraft,
    wait: Readiness,
    dry_run: bool,
) -> Result<(), CommandError> {
    // A cloud that this program knows nothing of comes before anything that is to be said of the annex, or recorded.
    session.clouds.provider(&draft.cloud)?;
    // Whoever only asks what would be leaves no state file behind.
    draft.spec.state = if dry_run { None } else { Some(session.workspace.state()?.id()?) };
    if wait == Readiness::Joined && draft.spec.software == PoolSoftware::None {
        let message = "--wait pool: with --pool-software none there is no pool to wait for";
        draft.diagnostics.push(Diagnostic::usage(message));
    }
    draft.resolve().await;
    draft.warnings.iter().for_each(|warning| session.user.warn(warning));
    Ok(())
}

/// Tells of instances that were made once and are there no more.
fn warn_of_ended(user: &dyn Interaction, draft: &AnnexDraft, left: u32) {
    let (name, made) = (&draft.spec.name, draft.spec.count);
    if left < made {
        user.warn(&format!(
            "{} of its {made} instances have ended, for want of jobs or otherwise; `hoist annex update {name} --count {made}` \
             brings as many again",
            made - left
        ));
    }
}

/// Removes what is left of an annex whose lease is over.
async fn clear(user: &dyn Interaction, mut held: LockedAnnex) -> Result<(), CommandError> {
    let LockedAnnex { record, tools, .. } = &mut held;
    let name = record.id.name.clone();
    let interruption =
        Interruption { what: "clearing goes on with the same command", hints: &[format!("hoist annex delete {name}")] };
    let work = async { tools.reconciler().delete(record, true).await.map_err(|error| failed(&name, error)) };
    run_until_stopped(user, interruption, work).await
}
