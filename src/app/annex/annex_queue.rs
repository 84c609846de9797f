//! The queue to which the jobs of an annex are submitted: HTCondor's own here, or one elsewhere.

use std::ffi::OsString;
use std::path::Path;

use crate::annex::AnnexSpec;
use crate::app::{CommandError, Exit};
use crate::batch::htcondor::{HTCondor, Schedd, Submission};
use crate::state::Owner;

/// A queue, and this user there.
pub(super) struct AnnexQueue {
    /// HTCondor's programs, which ask this queue.
    pub(super) htcondor: HTCondor,
    /// The user whose jobs they are there.
    pub(super) user: String,
    /// The queue; none: that of HTCondor's configuration here.
    schedd: Option<Schedd>,
}

impl AnnexQueue {
    /// Returns the queue for this file with these arguments. One elsewhere is asked whether it lets this user submit,
    /// before anything is made.
    ///
    /// # Errors
    /// A file of which another queue makes nothing; a queue elsewhere that cannot be asked, or refuses.
    pub(super) async fn of(
        schedd: Option<Schedd>,
        (file, arguments): (&Path, &[OsString]),
    ) -> Result<Self, CommandError> {
        let htcondor = HTCondor::new(None).with_schedd(schedd.as_ref());
        let Some(named) = &schedd else {
            return Ok(Self { htcondor, user: Owner::current().user().to_owned(), schedd });
        };
        if let Some(what) = Submission::needs_own_queue(file, arguments) {
            let message = format!("--schedd: {what} cannot be handed over to {named}; nothing was submitted");
            return Err(CommandError::with_exit(Exit::Usage, message)
                .hint("log in where that queue is, and submit it there: HTCondor's programs read its files there"));
        }
        let user = htcondor.user_in_queue().await?;
        Ok(Self { htcondor, user, schedd })
    }

    /// Refuses an annex whose instances take no jobs of this user. What jobs are called elsewhere is not what the user
    /// is called here.
    pub(super) fn check_owner(&self, spec: Option<&AnnexSpec>) -> Result<(), CommandError> {
        let (Some(schedd), Some(joining)) = (&self.schedd, spec.and_then(AnnexSpec::joining)) else { return Ok(()) };
        let user = &self.user;
        if joining.owners.is_empty() || joining.owners.contains(user) {
            return Ok(());
        }
        let message = format!(
            "your jobs at {schedd} are {user}'s, and the annex takes those of {}; nothing was submitted",
            joining.owners.join(", ")
        );
        Err(CommandError::with_exit(Exit::Refused, message)
            .hint(format!("--owner {user} when the annex is made, or --no-owner for everybody's")))
    }

    /// Returns arguments that tell a submission from the same one to another queue.
    pub(super) fn told(&self, arguments: &[OsString]) -> Vec<OsString> {
        let schedd = self.schedd.iter().map(|schedd| format!("--schedd {schedd}").into());
        schedd.chain(arguments.iter().cloned()).collect()
    }
}
