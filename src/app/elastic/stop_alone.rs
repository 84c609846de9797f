//! The end of a fleet that no scaler runs.

use std::time::Duration;

use super::recorded_parts::recorded_parts;
use super::stop_progress::{StopProgress, interrupted, not_proved};
use crate::app::{CommandError, Operation, Stops};
use crate::provider::Clock;
use crate::scaler::{Fleet, FleetId, RequestAnswer, Scaler, ScalerError};
use crate::state::{Owner, StateFile};

/// Longest pause between two passes.
const PAUSE: Duration = Duration::from_secs(5);

/// Runs the scaler of a fleet that was requested to end until it has. Only the cloud and the queue are needed of its
/// file, as it was last taken in: images and user data may be gone, since nothing is launched.
///
/// # Errors
/// Another process holds the fleet, the cloud cannot be opened, or a pass fails for good; the message names what is
/// left.
pub(super) async fn stop_alone(
    operation: Operation<'_>,
    state: &StateFile,
    id: &FleetId,
    stops: &mut Stops,
    progress: &mut StopProgress,
) -> Result<Fleet, CommandError> {
    let lock = state.lock_fleet(id, &Owner::current())?;
    let clock = Clock::wall();
    let parts = recorded_parts(operation.workspace, state, &lock, clock)
        .map_err(|error| not_proved(lock.fleet(), &error.message).hints(error.hints))?;
    let failed = |fleet: &Fleet, error: &ScalerError| not_proved(fleet, &error.to_string());
    let mut scaler = Scaler::start(parts).await.map_err(|error| failed(lock.fleet(), &error))?;
    loop {
        if let Err(error) = take_requests(&mut scaler).await {
            return Err(failed(scaler.fleet(), &error));
        }
        progress.show(scaler.fleet(), operation.user);
        if scaler.is_over() {
            return Ok(scaler.fleet().clone());
        }
        if let Err(error) = scaler.pass().await {
            return Err(failed(scaler.fleet(), &error));
        }
        progress.show(scaler.fleet(), operation.user);
        if scaler.is_over() {
            return Ok(scaler.fleet().clone());
        }
        let until = Duration::try_from(scaler.next_due().duration_since(clock.now())).unwrap_or_default();
        tokio::select! {
            () = tokio::time::sleep(until.min(PAUSE)) => {}
            () = stops.wished() => return Err(interrupted(scaler.fleet(), stops)),
        }
    }
}

/// Takes in requests; files are not read again for a fleet that ends.
async fn take_requests(scaler: &mut Scaler) -> Result<(), ScalerError> {
    while let Some((number, _)) = scaler.take_requests().await?.reload {
        let message = "the fleet is to end".to_owned();
        scaler.answer(number, &RequestAnswer::Refused { message, hint: None }).await?;
    }
    Ok(())
}
