//! Reboot of a run: termination and a new boot.

use super::consent::consent_with_fleets;
use super::drive_options::DriveOptions;
use super::going::Going;
use super::prerequisites::{UNTOUCHED, missing, silent_clouds};
use super::recorded_run::{illegal, refuse_going_down};
use super::run_outcome::RunOutcome;
use super::run_session::RunSession;
use crate::app::{CommandError, Operation, refuse};
use crate::engine::{Forecast, Prerequisites, survey_patiently};

/// Ends the fleets of a run, terminates every service of it, then boots all of them. Returns none if the user declines.
///
/// # Errors
/// The run is being terminated, a local prerequisite is missing, a cloud does not answer, or workers are not proved
/// gone.
pub(crate) async fn reboot(
    op: Operation<'_>,
    name: &str,
    drive: &DriveOptions,
) -> Result<Option<RunOutcome>, CommandError> {
    let state = op.workspace.state_with(name)?;
    let session = RunSession::open_in(&state, op, name, drive)?;
    let run = &session.run;
    refuse_going_down(run)?;
    refuse(op.user, &missing(&run.plan, &Prerequisites::of_replacing(run)), UNTOUCHED)?;
    let seen = survey_patiently(run, session.infrastructure().as_ref()).await;
    refuse(op.user, &silent_clouds(run, &seen), UNTOUCHED)?;
    let forecast = Forecast::reboot(run, &seen).map_err(illegal)?.masked(&[&run.plan]);
    let fleets = session.fleets_first(&state, Going::anew(run)).await?;
    if !consent_with_fleets(op.user, &forecast, fleets.as_ref())? {
        return Ok(None);
    }
    session.drive_after(fleets, |driver| driver.reboot(&seen)).await.map(Some)
}
