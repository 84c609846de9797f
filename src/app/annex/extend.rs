//! Change of the end of an annex's lease.

use std::path::PathBuf;

use jiff::Timestamp;

use super::annex_change::{AnnexChange, ChangedAnnex};
use super::equip::{next_token, replace_token};
use super::failure::failed;
use super::interruption::{Interruption, run_until_stopped};
use super::locked_annex::LockedAnnex;
use super::preflight::{budget_diagnostic, estimate_change};
use super::session::AnnexSession;
use crate::annex::{Annex, AnnexCloud, AnnexName, AnnexPhase, AnnexSpec, Dollars, Estimate, ObservedAnnex, WaitFor};
use crate::app::{CommandError, Exit, Interaction, Operation, refuse};
use crate::report::time::local;

/// Message for a refusal or a declined question.
const NOTHING: &str = "the lease is as it was";

/// Request to change a lease.
pub(crate) struct ExtendRequest {
    /// Name of the annex.
    pub(crate) name: AnnexName,
    /// Time of the request.
    pub(crate) now: Timestamp,
    /// New end of the lease.
    pub(crate) end: Timestamp,
    /// Whether the new end may be earlier than the old one.
    pub(crate) shorten: bool,
    /// Limit of the cost from now on.
    pub(crate) budget: Option<Dollars>,
    /// File of a new token for the instances.
    pub(crate) token_source: Option<PathBuf>,
}

/// Result of [`extend`].
pub(crate) enum ExtendOutcome {
    /// The lease has the new end.
    Extended(Box<ChangedAnnex>),
    /// The user declined.
    Declined,
}

/// Moves the end of the lease of an annex.
///
/// # Errors
/// There is no such annex; the end is too early or costs too much; the cloud failed; a stop was requested.
pub(crate) async fn extend(operation: Operation<'_>, request: ExtendRequest) -> Result<ExtendOutcome, CommandError> {
    let ExtendRequest { name, now, end, shorten, budget, token_source } = request;
    let session = AnnexSession::new(operation)?;
    let user = session.user;
    let mut held = session.lock_active(&name)?;
    let (seen, mut spec) = held.refresh_present().await?;
    spec.count = held.size(&seen, &spec).await?;
    let before = spec.expires_at;
    if end < before && !shorten {
        let message = format!("{} is earlier than its lease ends, at {}; {NOTHING}", local(end), local(before));
        return Err(CommandError::with_exit(Exit::Usage, message).hint("--shorten lets it end earlier"));
    }
    if spec.runs_out && end > before {
        let message = format!("annex {name} was made with --let-run-out, so that nothing renews its lease; {NOTHING}");
        let hint = format!("hoist annex create makes another one; --shorten ends {name} earlier");
        return Err(CommandError::with_exit(Exit::Refused, message).hint(hint));
    }
    let has_token = spec.joining().is_some_and(|joining| joining.token_file.is_some());
    if token_source.is_some() && !has_token {
        let why = match spec.joining() {
            Some(_) => "joins its pool with a password",
            None => "joins no pool (--pool-software none)",
        };
        let message = format!("--token-file: annex {name} {why}, and no instance of it takes a token; {NOTHING}");
        return Err(CommandError::with_exit(Exit::Usage, message));
    }
    spec.expires_at = end;
    // An interrupted earlier command with the same end may not have reached the cloud.
    let is_so =
        held.record.stage == AnnexPhase::Settled && seen.expires_at.is_none_or(|is| is.as_second() == end.as_second());
    let next = next_token(&session, (&held.record.id, &spec), token_source.as_deref(), end, NOTHING).await?;
    if end == before && is_so && next.is_none() {
        return Ok(extended(held, AnnexChange::Unchanged));
    }
    let estimate = match budget {
        Some(_) => estimate_change(&session, (&*held.tools.cloud, &held.record.id), &spec, now).await?,
        None => Estimate::default(),
    };
    refuse(user, budget_diagnostic(&spec, estimate, budget, now).as_slice(), NOTHING)?;
    if budget.is_some() && !estimate.counts_disks {
        user.warn("--budget does not count the disks: their size or their price is not known");
    }
    let question = format!("Move the end of annex {name}'s lease from {} to {}?", local(before), local(end));
    if end != before && !user.confirm(&question)? {
        user.tell(NOTHING);
        return Ok(ExtendOutcome::Declined);
    }
    if let Some(token) = &next {
        replace_token(&session, &held.record.id, token)?;
    }
    apply(user, &mut held, &spec).await?;
    Ok(extended(held, AnnexChange::Extended))
}

fn extended(held: LockedAnnex, change: AnnexChange) -> ExtendOutcome {
    ExtendOutcome::Extended(Box::new(ChangedAnnex { record: held.record, change, instances: None }))
}

/// Applies the new lease at the cloud, and waits until it holds.
async fn apply(user: &dyn Interaction, held: &mut LockedAnnex, spec: &AnnexSpec) -> Result<(), CommandError> {
    let LockedAnnex { record, tools, .. } = held;
    let name = &spec.name;
    let interruption = Interruption {
        what: &format!("until annex {name} has the new lease, the old one holds"),
        hints: &[format!("hoist annex status {name} tells when it ends"), "the same command again".to_owned()],
    };
    let work = async {
        let reconciler = tools.reconciler();
        reconciler.apply(record, spec, WaitFor::Settled).await.map_err(|error| failed(name, error))?;
        let seen = check(&*tools.cloud, record, spec.expires_at).await?;
        if let Some(seen) = seen {
            reconciler.fall_back(record, &seen).await.map_err(|error| failed(name, error))?;
        }
        Ok(())
    };
    run_until_stopped(user, interruption, work).await
}

/// Verifies the lease at the cloud, since one that is only assumed to hold costs jobs; returns what it shows.
async fn check(cloud: &dyn AnnexCloud, record: &Annex, end: Timestamp) -> Result<Option<ObservedAnnex>, CommandError> {
    let seen = cloud.look(&record.id, record.cloud_id.as_deref()).await?;
    let shown = seen.as_ref().and_then(|seen| seen.expires_at);
    match shown.filter(|is| is.as_second() != end.as_second()) {
        None => Ok(seen),
        Some(is) => {
            let name = &record.id.name;
            let message =
                format!("the cloud still ends the lease of annex {name} at {}, not at {}", local(is), local(end));
            Err(CommandError::new(message).hint("the same command again"))
        }
    }
}
