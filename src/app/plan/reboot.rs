//! Reboot of a run: termination and a new boot.

use super::consent::consent;
use super::drive_options::DriveOptions;
use super::prerequisites::{UNTOUCHED, missing, silent_clouds};
use super::recorded_run::{illegal, refuse_going_down};
use super::run_outcome::RunOutcome;
use super::run_session::RunSession;
use crate::app::{CommandError, Operation, refuse};
use crate::engine::{Forecast, Prerequisites, survey_patiently};

/// Terminates every service of a run, then boots all of them. Returns none if the user declines.
///
/// # Errors
/// The run is being terminated, a local prerequisite is missing, or a cloud does not answer.
pub(crate) async fn reboot(
    op: Operation<'_>,
    name: &str,
    drive: &DriveOptions,
) -> Result<Option<RunOutcome>, CommandError> {
    let session = RunSession::open(op, name, drive)?;
    let run = &session.run;
    refuse_going_down(run)?;
    refuse(op.user, &missing(&run.plan, &Prerequisites::of_replacing(run)), UNTOUCHED)?;
    let seen = survey_patiently(run, session.infrastructure().as_ref()).await;
    refuse(op.user, &silent_clouds(run, &seen), UNTOUCHED)?;
    let forecast = Forecast::reboot(run, &seen).map_err(illegal)?.masked(&[&run.plan]);
    if !consent(op.user, &forecast)? {
        return Ok(None);
    }
    session.drive(|driver| driver.reboot(&seen)).await.map(Some)
}
