//! Deletion of the set-up for annexes.

use super::set_up_session::{SetUpSession, Stoppable};
use crate::app::{CommandError, Exit, Operation};
use crate::cloud::aws::annex::SetupDeletion;

/// Result of [`clear_setup`].
pub(crate) enum ClearedSetup {
    /// Dry run: nothing was deleted.
    Shown {
        /// Label of the cloud, with the account.
        place: String,
        /// Whether a set-up exists.
        exists: bool,
    },
    /// The user declined.
    Declined,
    /// The set-up was deleted, completely or in part.
    Cleared {
        /// Label of the cloud, with the account.
        place: String,
        /// Extent of the deletion.
        deletion: SetupDeletion,
    },
    /// A stop was requested; the command ends with this exit code.
    Stopped(Exit),
}

/// Deletes the set-up with all files that annexes left; with `dry_run`, only checks whether it exists.
///
/// # Errors
/// An annex lives, the cloud failed, or a question cannot be asked.
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
