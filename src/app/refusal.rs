//! Refusal of an operation, with all errors at once.

use super::exit::{CommandError, Exit};
use super::interaction::Interaction;
use crate::diagnostics::{Cause, Diagnostic};
use crate::report::count;

/// Refuses to continue if there are diagnostics; `nothing` states what was not done.
pub(crate) fn refuse(user: &dyn Interaction, diagnostics: &[Diagnostic], nothing: &str) -> Result<(), CommandError> {
    // The exit code is that of the first error to fix: wrong usage, then failed conditions, then exceeded limits.
    let order = |diagnostic: &&Diagnostic| match diagnostic.cause {
        Cause::Usage => 0,
        Cause::State => 1,
        Cause::Policy => 2,
    };
    let Some(worst) = diagnostics.iter().min_by_key(order) else { return Ok(()) };
    match diagnostics {
        [Diagnostic { message, hints, cause, .. }] => {
            let message = format!("{}; {nothing}", message.trim_end_matches('.'));
            Err(CommandError::with_exit(Exit::from(*cause), message).hints(hints))
        }
        several => {
            several.iter().for_each(|diagnostic| user.diagnose(diagnostic));
            Err(CommandError::with_exit(
                Exit::from(worst.cause),
                format!("{}; {nothing}", count(several.len(), "problem")),
            ))
        }
    }
}
