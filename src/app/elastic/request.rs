//! A request to a fleet's scaler, and its answer.

use std::time::Duration;

use super::find_fleet::FoundFleet;
use crate::app::{CommandError, Exit, Interaction, Stops};
use crate::scaler::{FleetId, FleetRequest, RequestAnswer};
use crate::state::{LockHolder, Owner, StateFile};

/// Time between two looks for the answer.
const LOOK: Duration = Duration::from_millis(200);

/// Number of looks for the answer between two looks for the scaler, which read more.
const LOOKS_FOR_HOLDER: u32 = 5;

/// Time after which the user is told that the command waits.
const PATIENCE: Duration = Duration::from_secs(2);

/// What became of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Asked {
    /// The scaler has carried it out.
    Done {
        /// What follows from it.
        message: String,
    },
    /// It is recorded, and no scaler has answered yet.
    Recorded {
        /// What will happen.
        message: String,
    },
}

/// Leaves a request. With `wait`, waits for the answer for as long as a scaler holds the fleet.
///
/// # Errors
/// The request cannot be recorded, the scaler refuses it, or the user stops waiting; then it stays recorded.
pub(crate) async fn ask(
    user: &dyn Interaction,
    found: &FoundFleet,
    request: &FleetRequest,
    wait: bool,
) -> Result<Asked, CommandError> {
    let id = &found.row.record.id;
    let number = found.state.request_fleet(id, request, &Owner::current())?;
    let Some(holder) = holder(&found.state, id)? else {
        let message = format!(
            "recorded; no scaler runs {}, and the next one takes it in first: `hoist elastic run --config {}`",
            id.name,
            found.row.record.path.display()
        );
        return Ok(Asked::Recorded { message });
    };
    if !wait {
        let message = format!("recorded; the scaler takes it in: {holder}");
        return Ok(Asked::Recorded { message });
    }
    answer(user, found, number, &holder).await
}

async fn answer(
    user: &dyn Interaction,
    found: &FoundFleet,
    number: u64,
    holder: &LockHolder,
) -> Result<Asked, CommandError> {
    let id = &found.row.record.id;
    let mut stops: Stops = user.stops(Some("The request stays recorded."))?;
    let begun = tokio::time::Instant::now();
    let mut told = false;
    let mut looks: u32 = 0;
    loop {
        match found.state.fleet_answer(id, number)? {
            Some(RequestAnswer::Done { message }) => return Ok(Asked::Done { message }),
            Some(RequestAnswer::Refused { message, hint }) => {
                let error =
                    CommandError::with_exit(Exit::Failed, format!("the scaler of {} refuses: {message}", id.name));
                return Err(error.hints(hint));
            }
            None => {}
        }
        looks = looks.wrapping_add(1);
        if looks.is_multiple_of(LOOKS_FOR_HOLDER) && self::holder(&found.state, id)?.is_none() {
            let message = format!("recorded; the scaler of {} has ended, and the next one takes it in first", id.name);
            return Ok(Asked::Recorded { message });
        }
        if !told && begun.elapsed() >= PATIENCE {
            user.tell(&format!("waiting for the scaler, which finishes the calls under way: {holder}"));
            told = true;
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stops.wished() => {
                let message = format!("the scaler of {} has not answered yet; the request stays recorded", id.name);
                return Err(CommandError::with_exit(stops.exit(), message));
            }
        }
    }
}

/// Returns the process that runs a fleet's scaler.
pub(crate) fn holder(state: &StateFile, id: &FleetId) -> Result<Option<LockHolder>, CommandError> {
    Ok(state.fleets(false)?.into_iter().find(|row| row.record.id == *id).and_then(|row| row.lock))
}
