//! Submits an interactive job: a shell of the user's in a slot.

use std::ffi::OsStr;

use super::error::HTCondorError;
use super::submit::{Submission, call};
use crate::batch::htcondor::pool::HTCondor;

impl Submission<'_> {
    /// Whether the arguments ask for an interactive job: `-i`, `-interactive` and its shorter forms.
    pub fn is_interactive(&self) -> bool {
        let asks = |argument: &OsStr| {
            argument.to_str().is_some_and(|text| text.len() >= 2 && "-interactive".starts_with(text))
        };
        self.arguments.iter().any(|argument| asks(argument))
    }
}

impl HTCondor {
    /// Submits an interactive job, waits for its slot, and gives the terminal to its shell until that ends. The jobs
    /// are found by [`HTCondor::submitted`].
    ///
    /// # Errors
    /// `condor_submit` is missing, refuses the file, or the shell ended with a failure.
    pub async fn submit_interactive(&self, submission: &Submission<'_>) -> Result<(), HTCondorError> {
        let mut call = call(submission, &[], format!("run {} interactively", submission.file.display()))?;
        call.variables = self.requirements(&submission.target.clause()?).await?;
        let status = call.attend(self.search_path()).await?;
        if status.success() {
            return Ok(());
        }
        let said = "see above".to_owned();
        Err(HTCondorError::Failed { program: call.program, doing: call.doing, status: status.to_string(), said })
    }
}
