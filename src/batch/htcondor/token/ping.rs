use std::path::Path;
use std::time::Duration;

use super::super::collector_fault::CollectorFault;
use super::super::pool::TOKEN_DIRECTORY;
use crate::batch::htcondor::command::CondorCommand;
use crate::batch::htcondor::error::HTCondorError;
use crate::batch::htcondor::pool::HTCondor;

/// The time limit of a try.
const PATIENCE: Duration = Duration::from_secs(60);

/// The collector's answer to whoever holds a credential.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum PingAnswer {
    /// All rights are granted.
    Allowed,
    /// It answered, and does not grant this right.
    Refused {
        /// The first right that is not granted.
        right: String,
        /// HTCondor's message.
        said: String,
    },
    /// It does not answer now: it is down, restarts, or cannot be reached from here.
    Unreachable {
        /// HTCondor's message.
        said: String,
    },
}

impl HTCondor {
    /// Asks the collector whether it grants these rights: to whoever holds the tokens in `tokens` and nothing else, or
    /// to the caller.
    ///
    /// # Errors
    /// `condor_ping` is missing, or does not end.
    pub async fn ping(&self, tokens: Option<&Path>, rights: &[&str]) -> Result<PingAnswer, HTCondorError> {
        for right in rights {
            match self.ping_for(tokens, right).await? {
                PingAnswer::Allowed => {}
                other => return Ok(other),
            }
        }
        Ok(PingAnswer::Allowed)
    }

    async fn ping_for(&self, tokens: Option<&Path>, right: &str) -> Result<PingAnswer, HTCondorError> {
        let mut arguments = self.pool_arguments();
        arguments.extend(["-type", "COLLECTOR", "-verbose", right].map(str::to_owned));
        let doing = format!("ask the collector of {} for the right {right}", self.name());
        let mut call = CondorCommand::new("condor_ping", doing, arguments);
        call.patience = PATIENCE;
        if let Some(tokens) = tokens {
            let tokens = tokens.display().to_string();
            call.variables = vec![
                ("_CONDOR_SEC_CLIENT_AUTHENTICATION_METHODS", "IDTOKENS".to_owned()),
                ("_CONDOR_SEC_CLIENT_AUTHENTICATION", "REQUIRED".to_owned()),
                ("_CONDOR_SEC_TOKEN_SYSTEM_DIRECTORY", tokens.clone()),
                (TOKEN_DIRECTORY, tokens),
            ];
        }
        let ended = call.end(self.search_path()).await?;
        if ended.status.success() {
            return Ok(PingAnswer::Allowed);
        }
        let all = format!("{}\n{}", ended.output, ended.complaint);
        let lines = all.lines().map(str::trim).filter(|line| line.contains(':') && !line.starts_with("WARNING"));
        let said = lines.take(3).collect::<Vec<_>>().join("; ");
        if CollectorFault::of(&all).is_some_and(CollectorFault::is_answer) {
            return Ok(PingAnswer::Refused { right: right.to_owned(), said });
        }
        Ok(PingAnswer::Unreachable { said })
    }
}
