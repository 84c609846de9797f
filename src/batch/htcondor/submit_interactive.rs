//! Submits an interactive job: a shell of the user's in a slot.

use super::error::HTCondorError;
use super::submit::{Submission, call};
use crate::batch::htcondor::pool::HTCondor;

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
