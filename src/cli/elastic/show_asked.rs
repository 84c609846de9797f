//! What became of a request to a scaler.

use crate::app::elastic::Asked;
use crate::app::{CommandResult, Exit, Interaction as _};
use crate::cli::context::Context;
use crate::report::FleetRequestDocument;
use crate::scaler::FleetName;

/// Shows what became of a request; `request` names it.
pub(super) fn show_asked(context: &Context, name: &FleetName, request: &'static str, asked: &Asked) -> CommandResult {
    let (outcome, message) = match asked {
        Asked::Done { message } => ("done", message),
        Asked::Recorded { message } => ("recorded", message),
    };
    if context.wants_json() {
        context.print_json(&FleetRequestDocument::new(name, request, outcome, message))?;
    } else {
        context.tell(&context.for_this_state(message));
    }
    Ok(Exit::Done)
}

/// Shows that the user declined a request: nothing was asked of the scaler.
pub(super) fn show_declined(
    context: &Context,
    name: &FleetName,
    request: &'static str,
    message: &str,
) -> CommandResult {
    if context.wants_json() {
        context.print_json(&FleetRequestDocument::new(name, request, "declined", message))?;
    } else {
        context.tell(message);
    }
    Ok(Exit::Failed)
}
