//! Where a fleet stands.

use jiff::Timestamp;

use super::find_fleet::{FoundFleet, add_next_and_earlier};
use super::list::list;
use super::uninformed::is_uninformed;
use crate::app::{CommandError, Exit, Operation};
use crate::report::FleetStanding;
use crate::scaler::FleetName;

/// Returns where a fleet stands by its records.
///
/// # Errors
/// There is no such fleet, or the state file cannot be read.
pub(crate) fn status(operation: Operation<'_>, name: &FleetName) -> Result<FleetStanding, CommandError> {
    FoundFleet::to_read(operation.workspace, name)?.standing_and_next(operation.user.wants_document())
}

/// Returns where all fleets stand that have not ended, newest first.
///
/// # Errors
/// The state file cannot be read.
pub(crate) fn statuses(operation: Operation<'_>) -> Result<Vec<FleetStanding>, CommandError> {
    let mut fleets = list(operation, false)?;
    if let Some(state) = operation.workspace.state_to_read()? {
        fleets.iter_mut().try_for_each(|fleet| add_next_and_earlier(&state, fleet))?;
    }
    Ok(fleets)
}

/// Returns the exit code that tells where fleets stand: degraded if a person should know something of one.
pub(crate) fn health<'a>(fleets: impl IntoIterator<Item = &'a FleetStanding>, now: Timestamp) -> Exit {
    let is_degraded = |fleet: &FleetStanding| {
        let uninformed = fleet.last_pass.as_ref().is_some_and(is_uninformed) || fleet.has_silent_source();
        uninformed && fleet.state() != "ended" || !fleet.warnings(now).is_empty()
    };
    if fleets.into_iter().any(is_degraded) { Exit::Changed } else { Exit::Done }
}
