//! Things that are wrong before anything was done: collected, and told all at once.

use super::context::Context;
use super::exit::{CommandError, Exit};
use crate::diagnostics::Cause;
pub(super) use crate::diagnostics::Diagnostic;
use crate::report::count;

/// Refuses to go on when there is any; `nothing` says what was not done.
pub(super) fn refuse(context: &Context, diagnostics: &[Diagnostic], nothing: &str) -> Result<(), CommandError> {
    // The one that has to be mended first: what was typed, then what is not as it must be, then what would be too much.
    let order = |diagnostic: &&Diagnostic| match diagnostic.cause {
        Cause::Usage => 0,
        Cause::State => 1,
        Cause::Policy => 2,
    };
    let Some(worst) = diagnostics.iter().min_by_key(order) else { return Ok(()) };
    let exit = Exit::from(worst.cause);
    match diagnostics {
        [Diagnostic { message, hints, .. }] => {
            let error = CommandError::with_exit(exit, format!("{}; {nothing}", message.trim_end_matches('.')));
            Err(hints.iter().fold(error, CommandError::hint))
        }
        several => {
            for Diagnostic { message, hints, .. } in several {
                context.say(&format!("{} {message}", context.message_style.bad("problem:")));
                hints.iter().for_each(|hint| context.say(&format!("  {} {hint}", context.message_style.dim("try:"))));
            }
            Err(CommandError::with_exit(exit, format!("{}; {nothing}", count(several.len(), "problem"))))
        }
    }
}
