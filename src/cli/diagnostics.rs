//! Things that are wrong before anything was done: collected, and told all at once.

use super::context::Context;
use super::exit::{CommandError, Exit};
use crate::diagnostics::{self, Cause};
use crate::provider::CloudError;
use crate::report::count;

/// A thing that is wrong, and what to try.
#[derive(Clone, Debug)]
pub(super) struct Diagnostic {
    pub(super) message: String,
    pub(super) hints: Vec<String>,
    pub(super) exit: Exit,
}

impl Diagnostic {
    /// Something that is not as it must be.
    pub(super) fn new(message: impl Into<String>) -> Self {
        Self { message: message.into(), hints: Vec::new(), exit: Exit::Failed }
    }

    /// Something on the command line that cannot be meant.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self { exit: Exit::Usage, ..Self::new(message) }
    }

    /// Something that a budget, a quota or a policy does not allow.
    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self { exit: Exit::Refused, ..Self::new(message) }
    }

    /// The same, with one more thing to try.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }
}

impl From<diagnostics::Diagnostic> for Diagnostic {
    fn from(diagnostics::Diagnostic { message, hints, cause, .. }: diagnostics::Diagnostic) -> Self {
        let exit = match cause {
            Cause::State => Exit::Failed,
            Cause::Usage => Exit::Usage,
            Cause::Policy => Exit::Refused,
        };
        Self { message, hints, exit }
    }
}

impl From<CloudError> for Diagnostic {
    fn from(CloudError { message, hint, .. }: CloudError) -> Self {
        Self { hints: hint.into_iter().collect(), ..Self::new(message) }
    }
}

/// Refuses to go on when there is any; `nothing` says what was not done.
pub(super) fn refuse(context: &Context, diagnostics: &[Diagnostic], nothing: &str) -> Result<(), CommandError> {
    // The one that has to be mended first: what was typed, then what is not as it must be, then what would be too much.
    let order = |diagnostic: &&Diagnostic| match diagnostic.exit {
        Exit::Usage => 0,
        Exit::Refused => 2,
        _ => 1,
    };
    let Some(worst) = diagnostics.iter().min_by_key(order) else { return Ok(()) };
    match diagnostics {
        [Diagnostic { message, hints, exit }] => {
            let error = CommandError::with_exit(*exit, format!("{}; {nothing}", message.trim_end_matches('.')));
            Err(hints.iter().fold(error, CommandError::hint))
        }
        several => {
            for Diagnostic { message, hints, .. } in several {
                context.say(&format!("{} {message}", context.message_style.bad("problem:")));
                hints.iter().for_each(|hint| context.say(&format!("  {} {hint}", context.message_style.dim("try:"))));
            }
            Err(CommandError::with_exit(worst.exit, format!("{}; {nothing}", count(several.len(), "problem"))))
        }
    }
}
