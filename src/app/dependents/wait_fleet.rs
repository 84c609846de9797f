//! The wait for a scaler that ends its fleet.

use std::time::Duration;

use tokio::time::Instant;

use crate::app::{CommandError, Interaction, Stops};
use crate::diagnostics::{agreeing, counted};
use crate::scaler::{Fleet, FleetId, FleetPhase, FleetRequest};
use crate::state::{LockHolder, Owner, StateFile};

/// Time between two looks at how far a scaler is.
const LOOK: Duration = Duration::from_millis(500);

/// How long a scaler may take until it has read that its fleet is to end, where its workers are not waited for.
const PATIENCE: Duration = Duration::from_secs(20);

/// Asks the scaler of a fleet to end it, and waits until it has, or until nobody runs the fleet any more. With `now`,
/// waits only until the scaler has taken that in, so that it launches nothing more. Returns the fleet as it is then.
///
/// # Errors
/// The state file cannot be read or written, or the user stops waiting.
pub(super) async fn wait_fleet(
    state: &StateFile,
    fleet: &Fleet,
    now: bool,
    user: &dyn Interaction,
    stops: &mut Stops,
) -> Result<Fleet, CommandError> {
    let id = &fleet.id;
    if fleet.phase == FleetPhase::Running {
        state.request_fleet(id, &FleetRequest::Stop { keep_workers: false, now: false }, &Owner::current())?;
    }
    let begun = Instant::now();
    let mut told = None;
    loop {
        let fleet = state.fleet(id)?;
        let taken_in = now && (fleet.phase != FleetPhase::Running || begun.elapsed() >= PATIENCE);
        let Some(holder) = holder(state, id)? else { return Ok(fleet) };
        if fleet.phase == FleetPhase::Ended || taken_in {
            return Ok(fleet);
        }
        let left = fleet.present().count();
        if told != Some(left) {
            let wait = if fleet.phase == FleetPhase::Running { "its scaler is asked to end it" } else { "ending" };
            user.tell(&format!("fleet {}: {wait}, {} left; run by {holder}", id.name, counted(left, "worker")));
            told = Some(left);
        }
        tokio::select! {
            () = tokio::time::sleep(LOOK) => {}
            () = stops.wished() => {
                let (workers, are) = (counted(left, "worker"), agreeing(left, "is", "are"));
                let message = format!("fleet {} is not proved gone: {workers} {are} left", id.name);
                return Err(CommandError::with_exit(stops.exit(), message));
            }
        }
    }
}

/// Returns the process that runs a fleet's scaler.
fn holder(state: &StateFile, id: &FleetId) -> Result<Option<LockHolder>, CommandError> {
    Ok(state.fleets(false)?.into_iter().find(|row| row.record.id == *id).and_then(|row| row.lock))
}
