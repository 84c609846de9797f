//! Inputs that are refused.

use super::context::Context;
use crate::app::{CommandError, Interaction as _};
use crate::diagnostics::Diagnostics;

/// Shows all problems of an input, which is called `what` in the returned error.
pub(super) fn refused(context: &Context, what: &str, problems: &Diagnostics) -> CommandError {
    problems.0.iter().for_each(|problem| context.say(&problem.to_string()));
    CommandError::new(match problems.error_count() {
        1 => format!("{what} has an error; nothing was done"),
        count => format!("{what} has {count} errors; nothing was done"),
    })
}
