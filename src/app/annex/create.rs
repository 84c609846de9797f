//! Creation of an annex, or continuation of a creation that an earlier command began.

use serde_json::Value;

use super::annex_change::{AnnexChange, ChangedAnnex, Readiness};
use super::annex_lease::{longest_lease, now};
use super::annex_secrets::AnnexSecrets;
use super::apply::apply;
use super::draft::AnnexDraft;
use super::equip::{equip, equip_to_show, forget_draft, forget_secrets, own_secrets};
use super::existing::{ExistingAnnex, compare};
use super::failure::failed;
use super::interruption::{Interruption, run_until_stopped};
use super::locked_annex::LockedAnnex;
use super::preflight::{Preflight, budget_diagnostic, check};
use super::session::AnnexSession;
use crate::annex::{AnnexId, AnnexPhase};
use crate::app::{CommandError, Interaction, Operation, refuse};
use crate::diagnostics::{Diagnostic, agreeing, counted};

/// Message for a refusal or a declined question.
const NOTHING: &str = "nothing was made";

/// Request to create an annex.
pub(crate) struct CreateRequest {
    /// Draft of the annex.
    pub(crate) draft: AnnexDraft,
    /// Condition to wait for.
    pub(crate) wait: Readiness,
    /// Whether to only show the annex: nothing is created and nothing is recorded.
    pub(crate) dry_run: bool,
}

/// Result of [`create`].
pub(crate) enum CreateOutcome {
    /// The annex exists.
    There(Box<ChangedAnnex>),
    /// Dry run: the checked annex, and the request that the cloud would get.
    Shown(Box<Preflight>, Value),
    /// The user declined.
    Declined,
}

/// Creates the annex, continues its creation, or finds it unchanged.
///
/// # Errors
/// The options are wrong or the cloud objects; a different annex of the name exists; the cloud could not create it; a
/// stop was requested.
pub(crate) async fn create(operation: Operation<'_>, request: CreateRequest) -> Result<CreateOutcome, CommandError> {
    create_in(&AnnexSession::new(operation)?, request).await
}

/// Does the work of [`create`] within an existing session.
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
        let secrets = AnnexSecrets::aside()?;
        let shown = match equip_to_show(session, &mut draft, &secrets).await {
            Ok(()) => show(session, draft, id.as_ref()).await,
            Err(error) => Err(error),
        };
        secrets.forget()?;
        return shown;
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
            ExistingAnnex::GoOn(mut spec) => {
                if held.record.spec.is_none() {
                    equip(session, &mut draft).await?;
                    refuse(user, &draft.diagnostics, NOTHING)?;
                    spec.software.clone_from(&draft.spec.software);
                    own_secrets(session, &mut spec, &held.record.id)?;
                }
                user.tell(&format!("going on with annex {}", user.strong(name.as_str())));
                let finished = apply(user, held, &spec, wait, AnnexChange::WentOn).await?;
                return Ok(CreateOutcome::There(Box::new(finished)));
            }
            ExistingAnnex::Over => expired = Some(held),
        }
    }

    equip(session, &mut draft).await?;
    let offered = check(session, draft, id.as_ref(), NOTHING).await?;
    user.offer(&offered.offer());
    if !user.confirm(&format!("Make annex {name}?"))? {
        user.tell(NOTHING);
        forget_draft(session, &offered.spec)?;
        return Ok(CreateOutcome::Declined);
    }

    if let Some(held) = expired {
        user.tell(&format!("the lease of an earlier annex {name} is over; clearing what is left of it"));
        let ended = held.record.id.clone();
        clear(user, held).await?;
        forget_secrets(session, &ended)?;
    }
    let Preflight { mut spec, place, estimate, budget, .. } = offered;
    // The answer to the question may have taken a while.
    let begin = now();
    if let Ok(end) = lease.end(begin, longest_lease()) {
        spec.expires_at = end;
    }
    refuse(user, budget_diagnostic(&spec, estimate, budget, begin).as_slice(), NOTHING)?;

    let held = session.record(&name, &place)?;
    own_secrets(session, &mut spec, &held.record.id)?;
    let id = held.record.id.clone();
    let created = apply(user, held, &spec, wait, AnnexChange::Created).await;
    if created.is_err() && session.find(&name).is_ok_and(|record| record.stage == AnnexPhase::Ended) {
        forget_secrets(session, &id)?;
    }
    Ok(CreateOutcome::There(Box::new(created?)))
}

/// Checks the annex, and returns the request that the cloud would get.
async fn show(
    session: &AnnexSession<'_>,
    draft: AnnexDraft,
    id: Option<&AnnexId>,
) -> Result<CreateOutcome, CommandError> {
    let offered = check(session, draft, id, NOTHING).await?;
    let preview = offered.preview(session, id).await?;
    Ok(CreateOutcome::Shown(Box::new(offered), preview))
}

/// Fills in the values left open by the options, and tells the user about notable ones.
async fn resolve(
    session: &AnnexSession<'_>,
    draft: &mut AnnexDraft,
    wait: Readiness,
    dry_run: bool,
) -> Result<(), CommandError> {
    // An unknown cloud is reported first, before anything about the annex is told or recorded.
    session.clouds.provider(&draft.cloud)?;
    // A dry run leaves no state file behind.
    draft.spec.state = if dry_run { None } else { Some(session.workspace.state()?.id()?) };
    if wait == Readiness::Joined && draft.spec.joining().is_none() {
        let message = "--wait pool: with --pool-software none or pilot there is no pool to wait for";
        draft.diagnostics.push(Diagnostic::usage(message));
    }
    draft.resolve().await;
    draft.warnings.iter().for_each(|warning| session.user.warn(warning));
    Ok(())
}

/// Warns about created instances that have ended since.
fn warn_of_ended(user: &dyn Interaction, draft: &AnnexDraft, left: u32) {
    let (name, made) = (&draft.spec.name, draft.spec.count);
    if left < made {
        user.warn(&format!(
            "{} of its {} {} ended, for want of jobs or otherwise; `hoist annex update {name} --count {made}` \
             brings as many again",
            made - left,
            counted(made, "instance"),
            agreeing(made - left, "has", "have"),
        ));
    }
}

/// Removes the remains of an annex whose lease is over.
async fn clear(user: &dyn Interaction, mut held: LockedAnnex) -> Result<(), CommandError> {
    let LockedAnnex { record, tools, .. } = &mut held;
    let name = record.id.name.clone();
    let interruption =
        Interruption { what: "clearing goes on with the same command", hints: &[format!("hoist annex delete {name}")] };
    let work = async { tools.reconciler().delete(record, true).await.map_err(|error| failed(&name, error)) };
    run_until_stopped(user, interruption, work).await
}
