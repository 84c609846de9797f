//! Repair of a run: replaces the services that fail.

use super::consent::consent_with_fleets;
use super::drive_options::DriveOptions;
use super::going::Going;
use super::prerequisites::{UNTOUCHED, missing, silent_clouds, unmade_checks};
use super::recorded_run::{illegal, refuse_going_down};
use super::run_outcome::RunOutcome;
use super::run_session::RunSession;
use crate::app::{CommandError, Operation, refuse};
use crate::engine::{Driver, Forecast, Goal, Prerequisites, Run, examine};

/// Checks every service and replaces those that fail, after the fleets whose scalers run on their machines; with
/// `with_dependents`, services that read changed values get the new ones. Returns none if the user declines.
///
/// # Errors
/// The run is being terminated, a local prerequisite is missing, a cloud does not answer, a check could not be made, or
/// workers are not proved gone.
pub(crate) async fn repair(
    op: Operation<'_>,
    name: &str,
    with_dependents: bool,
    drive: &DriveOptions,
) -> Result<Option<RunOutcome>, CommandError> {
    let state = op.workspace.state_with(name)?;
    let session = RunSession::open_in(&state, op, name, drive)?;
    let run = &session.run;
    refuse_going_down(run)?;
    refuse(op.user, &missing(&run.plan, &needs(run)), UNTOUCHED)?;
    let seen = examine(run, session.infrastructure(), drive.max_concurrency).await;
    let mut diagnostics = silent_clouds(run, seen.iter().map(|seen| &seen.instance));
    if diagnostics.is_empty() {
        diagnostics = unmade_checks(run, &seen, |_| true);
    }
    refuse(op.user, &diagnostics, UNTOUCHED)?;
    let forecast = match with_dependents {
        true => Forecast::repair_with_dependents(run, &seen),
        false => Forecast::repair(run, &seen),
    };
    let forecast = forecast.map_err(illegal)?.masked(&[&run.plan]);
    let fleets = session.fleets_first(&state, Going::of_repair(run, &forecast)).await?;
    if !consent_with_fleets(op.user, &forecast, fleets.as_ref())? {
        return Ok(None);
    }
    let repair = |driver: &mut Driver<'_>| match with_dependents {
        true => driver.repair_with_dependents(&seen),
        false => driver.repair(&seen),
    };
    session.drive_after(fleets, repair).await.map(RunOutcome::all_proved).map(Some)
}

/// Any service may have to be replaced, and booted by the goal's plan.
fn needs(run: &Run) -> Prerequisites<'_> {
    match &run.goal {
        Some(Goal::Reload { plan, .. }) => Prerequisites::of_replacing(run).and(Prerequisites::of_raising(plan)),
        _ => Prerequisites::of_replacing(run),
    }
}
