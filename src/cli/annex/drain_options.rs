//! Options for draining instances.

use std::slice;

use clap::{Args, ValueEnum};

use crate::app::annex::DrainPolicy;
use crate::app::{CommandError, refuse};
use crate::batch::htcondor::Draining;
use crate::cli::context::Context;
use crate::diagnostics::Diagnostic;
use crate::plan::Lease;

/// How instances are emptied.
#[derive(Args, Debug, Clone)]
pub(super) struct DrainOptions {
    /// What becomes of the jobs that run there [default: peaceful]
    #[arg(long, value_enum, value_name = "HOW")]
    how: Option<DrainMode>,

    /// How long to wait for them, such as 2h; those that still have jobs then go on draining [default: as long as it
    /// takes]
    #[arg(long, value_name = "DURATION")]
    timeout: Option<String>,
}

/// What becomes of jobs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum DrainMode {
    /// They end by themselves, however long they take
    Peaceful,
    /// They have the time that the pool grants, and begin anew elsewhere
    Graceful,
    /// They begin anew elsewhere at once
    Fast,
}

impl DrainOptions {
    /// Whether the user gave any.
    pub(super) fn are_given(&self) -> bool {
        self.how.is_some() || self.timeout.is_some()
    }

    /// Converts the options to a policy.
    pub(super) fn meant(&self) -> Result<DrainPolicy, Diagnostic> {
        let limit = match self.timeout.as_deref().map(str::parse) {
            None => None,
            Some(Ok(Lease::For(limit))) => Some(limit),
            Some(_) => {
                let text = self.timeout.as_deref().unwrap_or_default();
                let message = format!("--timeout: \"{}\" is no length; write 30m or 2h", text.escape_debug());
                return Err(Diagnostic::usage(message));
            }
        };
        let how = match self.how {
            None | Some(DrainMode::Peaceful) => Draining::Peaceful,
            Some(DrainMode::Graceful) => Draining::Graceful,
            Some(DrainMode::Fast) => Draining::Fast,
        };
        Ok(DrainPolicy { how, limit })
    }

    /// Does the same, but shows errors and refuses; `nothing` states what was not done.
    pub(super) fn policy(&self, context: &Context, nothing: &str) -> Result<DrainPolicy, CommandError> {
        let policy = self.meant();
        refuse(context, policy.as_ref().err().map(slice::from_ref).unwrap_or_default(), nothing)?;
        Ok(policy.unwrap_or_default())
    }
}
