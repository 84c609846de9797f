//! Making what annexes need, once in a region.

use super::set_up_session::{SetUpSession, Stoppable};
use crate::app::{CommandError, Exit, Operation};
use crate::cloud::aws::annex::{Cidr, Setup, SetupOutcome, SetupParams, SetupPlan};

/// A set-up that is wanted.
pub(crate) struct SetUpRequest {
    /// The network of the annexes; none: the set-up's, or the account's default one.
    pub(crate) vpc: Option<String>,
    /// From where the machines may be reached; nowhere: from this machine's address.
    pub(crate) from: Vec<Cidr>,
    /// Whether SSH is let in, too.
    pub(crate) ssh: bool,
    /// Only show what would be done.
    pub(crate) dry_run: bool,
}

/// What is to be made, or what changes.
pub(crate) struct SetUpOffer {
    /// The set-up as it is and as it is to be.
    pub(crate) plan: SetupPlan,
    /// Where, with the account.
    pub(crate) place: String,
    /// Whether everybody is let in.
    pub(crate) is_open: bool,
}

/// What came of it.
pub(crate) enum SetUpOutcome {
    /// It was only shown.
    Shown(Box<SetUpOffer>),
    /// Nobody wanted it after all.
    Declined,
    /// It is like that.
    Applied {
        /// As it was shown.
        offer: Box<SetUpOffer>,
        /// What happened to it.
        outcome: SetupOutcome,
        /// What it holds, where a document is wanted.
        made: Option<Setup>,
    },
    /// Somebody wanted to stop, and the command ends like that.
    Stopped(Exit),
}

/// Makes the set-up for annexes, or changes it to what is wanted; `show` is given what would be done beforehand.
///
/// # Errors
/// The cloud did not do it, or there is nobody to ask.
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
