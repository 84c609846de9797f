//! Bringing a run down and raising it anew.

use super::consent::consent;
use super::drive_options::DriveOptions;
use super::prerequisites::{UNTOUCHED, missing, silent_clouds};
use super::recorded_run::{illegal, refuse_going_down};
use super::run_outcome::RunOutcome;
use super::run_session::RunSession;
use crate::app::{CommandError, Operation, refuse};
use crate::engine::{Forecast, Prerequisites, survey_patiently};

/// Brings every service of a run down, then raises all of it. None where the user did not agree.
///
/// # Errors
/// The run goes down, something is missing on this side, or a cloud is silent.
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
