//! The fleets of a state file.

use super::find_fleet::standing;
use crate::app::{CommandError, Operation};
use crate::report::FleetStanding;

/// Returns the fleets that are recorded, newest first; with `all`, also those that have ended.
///
/// # Errors
/// The state file cannot be read.
pub(crate) fn list(operation: Operation<'_>, all: bool) -> Result<Vec<FleetStanding>, CommandError> {
    let Some(state) = operation.workspace.state_to_read()? else { return Ok(Vec::new()) };
    let in_document = operation.user.wants_document();
    Ok(state.fleets(all)?.into_iter().rev().map(|row| standing(row, in_document)).collect())
}
