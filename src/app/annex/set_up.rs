//! Set-up of the resources that annexes need, once per region.

use super::set_up_session::{SetUpSession, Stoppable};
use crate::app::{CommandError, Exit, Operation};
use crate::cloud::aws::annex::{Cidr, Setup, SetupOutcome, SetupParams, SetupPlan};

/// Request for a set-up.
pub(crate) struct SetUpRequest {
    /// Network of the annexes; none: that of the set-up, or the account's default one.
    pub(crate) vpc: Option<String>,
    /// Networks from which the instances are reachable; none: this machine's address.
    pub(crate) from: Vec<Cidr>,
    /// Whether to allow SSH as well.
    pub(crate) ssh: bool,
    /// Whether to only show the changes.
    pub(crate) dry_run: bool,
}

/// Proposed set-up or change of it.
pub(crate) struct SetUpOffer {
    /// Current and wanted set-up.
    pub(crate) plan: SetupPlan,
    /// Label of the cloud, with the account.
    pub(crate) place: String,
    /// Whether access is allowed from everywhere.
    pub(crate) is_open: bool,
}

/// Result of [`set_up`].
pub(crate) enum SetUpOutcome {
    /// Dry run: nothing was changed.
    Shown(Box<SetUpOffer>),
    /// The user declined.
    Declined,
    /// The set-up is as wanted.
    Applied {
        /// Offer as it was shown.
        offer: Box<SetUpOffer>,
        /// Change that was made.
        outcome: SetupOutcome,
        /// Resources of the set-up, if a document is wanted.
        made: Option<Setup>,
    },
    /// A stop was requested; the command ends with this exit code.
    Stopped(Exit),
}

/// Creates the set-up for annexes or updates it; `show` gets the changes beforehand.
///
/// # Errors
/// The cloud failed, or a question cannot be asked.
pub(crate) async fn set_up(
    operation: Operation<'_>,
    request: SetUpRequest,
    show: &dyn Fn(&SetUpOffer),
) -> Result<SetUpOutcome, CommandError> {
    let session = SetUpSession::new(operation)?;
    Ok(match session.until_stopped(make(&session, request, show)).await? {
        Stoppable::Done(outcome) => outcome,
        Stoppable::Stopped(exit) => SetUpOutcome::Stopped(exit),
    })
}

async fn make(
    session: &SetUpSession<'_>,
    request: SetUpRequest,
    show: &dyn Fn(&SetUpOffer),
) -> Result<SetUpOutcome, CommandError> {
    let SetUpSession { user, setup, .. } = session;
    let SetUpRequest { vpc, from, ssh, dry_run } = request;
    let from = if from.is_empty() { vec![setup.caller().await?] } else { from };
    let params = SetupParams { vpc, cidrs: from.iter().map(Cidr::to_string).collect(), ssh };
    let plan = setup.plan(&params).await?;
    let is_open = from.iter().any(|network| network.is_everything());
    let offer = Box::new(SetUpOffer { plan, place: session.place().await?, is_open });
    show(&offer);
    if dry_run {
        return Ok(SetUpOutcome::Shown(offer));
    }
    let question = if offer.plan.present.is_some() { "Change the set-up to this?" } else { "Make this?" };
    if !offer.plan.is_so() && !user.confirm(question)? {
        user.tell("nothing was made");
        return Ok(SetUpOutcome::Declined);
    }
    let outcome = setup.apply(&offer.plan.terms, &session.progress()).await?;
    let made = if user.wants_document() { setup.outputs().await? } else { None };
    Ok(SetUpOutcome::Applied { offer, outcome, made })
}
