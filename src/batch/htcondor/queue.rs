//! The queue that is asked: HTCondor's own here, or one elsewhere.

use super::command::CondorCommand;
use super::error::HTCondorError;
use super::pool::HTCondor;
use super::schedd::Schedd;

/// What the queue must grant to whoever submits.
pub(super) const RIGHT: &str =
    "the queue must let this user submit: ALLOW_WRITE there, and somebody whom it knows here";

impl HTCondor {
    /// Asks this queue instead of the one in HTCondor's configuration here; none: that one.
    #[must_use]
    pub fn with_schedd(mut self, schedd: Option<&Schedd>) -> Self {
        self.schedd = schedd.cloned();
        self
    }

    /// Returns the user as whom this user's jobs are in the queue, who may submit there.
    ///
    /// # Errors
    /// `condor_ping` is missing, reaches no queue, or the queue lets this user submit nothing.
    pub async fn user_in_queue(&self) -> Result<String, HTCondorError> {
        let doing = match &self.schedd {
            Some(schedd) => format!("ask {schedd} for the right to submit"),
            None => "ask the queue for the right to submit".to_owned(),
        };
        let arguments = self.queue_arguments(["-type", "SCHEDD", "-verbose", "WRITE"]);
        let mut call = CondorCommand::new("condor_ping", doing, arguments);
        call.right = RIGHT;
        let ended = call.end(self.search_path()).await?;
        if !ended.status.success() {
            return Err(call.failure(&ended));
        }
        let mapped = ended.output.lines().find_map(|line| line.trim().strip_prefix("Remote Mapping:"));
        let user = mapped.and_then(|mapped| mapped.trim().split('@').next()).filter(|user| !user.is_empty());
        user.map(str::to_owned).ok_or_else(|| call.unreadable("it tells no \"Remote Mapping\""))
    }

    /// Returns the arguments of a program that reads or changes a queue: those with which it finds it, and others.
    pub(super) fn queue_arguments<const N: usize>(&self, others: [&str; N]) -> Vec<String> {
        let found_by = self.schedd.as_ref().map(|schedd| schedd.arguments("-name")).unwrap_or_default();
        found_by.into_iter().chain(others.map(str::to_owned)).collect()
    }

    /// Returns the arguments with which `condor_submit` hands jobs and their files over to a queue elsewhere.
    pub(super) fn remote_arguments(&self) -> Vec<String> {
        self.schedd.as_ref().map(|schedd| schedd.arguments("-remote")).unwrap_or_default()
    }
}
