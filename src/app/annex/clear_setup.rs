//! Undoing the set-up for annexes.

use super::set_up_session::{SetUpSession, Stoppable};
use crate::app::{CommandError, Exit, Operation};
use crate::cloud::aws::annex::SetupDeletion;

/// What came of it.
pub(crate) enum ClearedSetup {
    /// It was only shown.
    Shown {
        /// Where, with the account.
        place: String,
        /// Whether there is a set-up.
        exists: bool,
    },
    /// Nobody wanted it after all.
    Declined,
    /// It was deleted, as far as that went.
    Cleared {
        /// Where, with the account.
        place: String,
        /// How far it went.
        deletion: SetupDeletion,
    },
    /// Somebody wanted to stop, and the command ends like that.
    Stopped(Exit),
}

/// Deletes the set-up with all files that annexes left; with `dry_run` it is only looked at.
///
/// # Errors
/// An annex lives, the cloud did not do it, or there is nobody to ask.
pub(crate) async fn clear_setup(operation: Operation<'_>, dry_run: bool) -> Result<ClearedSetup, CommandError> {
    let session = SetUpSession::new(operation)?;
    Ok(match session.until_stopped(clear(&session, dry_run)).await? {
        Stoppable::Done(outcome) => outcome,
        Stoppable::Stopped(exit) => ClearedSetup::Stopped(exit),
    })
}

async fn clear(session: &SetUpSession<'_>, dry_run: bool) -> Result<ClearedSetup, CommandError> {
    let SetUpSession { user, setup, .. } = session;
    let place = session.place().await?;
    let exists = setup.exists().await?;
    if dry_run {
        return Ok(ClearedSetup::Shown { place, exists });
    }
    let question = format!("Delete the set-up for annexes in {place}, with all files in its bucket?");
    if exists && !user.confirm(&question)? {
        user.tell("nothing was deleted");
        return Ok(ClearedSetup::Declined);
    }
    let deletion = setup.delete(&session.progress()).await?;
    Ok(ClearedSetup::Cleared { place, deletion })
}
