//! Reload of a run with a new plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::consent::agreed_with_fleets;
use super::drive_options::DriveOptions;
use super::fleets_first::FleetsFirst;
use super::going::Going;
use super::pin_provider::keep_place;
use super::preflight::preflight;
use super::prerequisites::{UNTOUCHED, missing, silent_clouds, unmade_checks};
use super::recorded_run::{ended, existing, illegal, refuse_going_down};
use super::run_outcome::RunOutcome;
use super::run_session::RunSession;
use crate::app::{CommandError, LiveInfrastructure, Operation, refuse, rehearsed};
use crate::engine::{Forecast, Observation, PlannedAction, Prerequisites, Run, examine};
use crate::plan::{Plan, diff};
use crate::provider::Infrastructure;

/// Request for a reload.
pub(crate) struct ReloadRequest<'a> {
    /// Name of the run.
    pub(crate) name: &'a str,
    /// New plan.
    pub(crate) plan: Plan,
    /// Allowed findings in user data.
    pub(crate) allowed: &'a [String],
    /// Options of the driver.
    pub(crate) drive: &'a DriveOptions,
}

/// Function that shows the forecast before it is carried out.
pub(crate) type ShowForecast<'a> = &'a dyn Fn(&Forecast) -> Result<(), CommandError>;

/// Returns the forecast of a reload, and tells which fleets would end first.
///
/// # Errors
/// There is no such run, it is being terminated, a local prerequisite is missing, or a cloud does not answer.
pub(crate) async fn preview_reload(
    op: Operation<'_>,
    mut request: ReloadRequest<'_>,
) -> Result<Forecast, CommandError> {
    let run = reloadable(op, request.name)?;
    let real = Arc::new(LiveInfrastructure::new(op.workspace, &run)?);
    let rehearse = request.drive.rehearse.as_deref();
    let infrastructure = rehearsed(real, rehearse, &[&run.plan, &request.plan])?;
    let (forecast, _) = forecast(op, &run, &mut request, &infrastructure).await?;
    let state = op.workspace.state_with(request.name)?;
    let going = Going::of_reload(&run, &forecast);
    if let Some(fleets) = FleetsFirst::of(op, &state, &run, &*infrastructure, going).await? {
        fleets.announce();
    }
    Ok(forecast)
}

/// Terminates the services that the plan removes, boots changed ones anew, and adds new ones; fleets whose scalers run
/// on machines that end come first. `show` gets the forecast before the question. Returns none if the user declines.
///
/// # Errors
/// Those of [`preview_reload`]; workers are not proved gone; or the progress could not be recorded any more.
pub(crate) async fn reload(
    op: Operation<'_>,
    mut request: ReloadRequest<'_>,
    show: ShowForecast<'_>,
) -> Result<Option<RunOutcome>, CommandError> {
    reloadable(op, request.name)?;
    let state = op.workspace.state_with(request.name)?;
    let session = RunSession::open_for(&state, op, request.name, request.drive, &request.plan)?;
    refuse_going_down(&session.run)?;
    let (forecast, seen) = forecast(op, &session.run, &mut request, session.infrastructure()).await?;
    let fleets = session.fleets_first(&state, Going::of_reload(&session.run, &forecast)).await?;
    if let Some(fleets) = &fleets {
        fleets.announce();
    }
    show(&forecast)?;
    if !agreed_with_fleets(op.user, &forecast, fleets.as_ref())? {
        return Ok(None);
    }
    let plan = request.plan;
    session.drive_after(fleets, |driver| driver.reload(plan, &seen)).await.map(RunOutcome::all_proved).map(Some)
}

/// Returns the recorded run if it can be reloaded.
fn reloadable(op: Operation<'_>, name: &str) -> Result<Run, CommandError> {
    let recorded = existing(op.workspace, name)?;
    if recorded.row.ended_at.is_some() {
        return Err(ended(name));
    }
    refuse_going_down(&recorded.run)?;
    Ok(recorded.run)
}

/// Returns the forecast and the observations of the run. Pins the plan to the place of its clouds.
async fn forecast(
    op: Operation<'_>,
    run: &Run,
    request: &mut ReloadRequest<'_>,
    infrastructure: &Arc<dyn Infrastructure>,
) -> Result<(Forecast, Vec<Observation>), CommandError> {
    let ReloadRequest { plan, allowed, drive, .. } = request;
    // The lease of the run also holds for its new instances unless the new plan says otherwise.
    plan.lease = plan.lease.or(run.plan.lease);
    keep_place(&run.plan, plan);
    let changes = diff(&run.plan, plan);
    let condemned = changes.removed.iter().chain(changes.rebooted.iter().map(|(name, _)| name));
    let mut diagnostics = missing(plan, &Prerequisites::of_raising(plan));
    diagnostics.extend(missing(&run.plan, &Prerequisites::of_farewells(run, condemned.clone().map(String::as_str))));
    let mut told = BTreeSet::new();
    diagnostics.retain(|diagnostic| told.insert(diagnostic.message.clone()));
    refuse(op.user, &diagnostics, UNTOUCHED)?;

    let viewed = run.viewed_by(plan);
    let seen = examine(&viewed, infrastructure, drive.max_concurrency).await;
    let mut diagnostics = silent_clouds(run, seen.iter().map(|seen| &seen.instance));
    if diagnostics.is_empty() {
        // Changed services are checked once the plan is in force; they may read values that do not exist yet.
        let touched: BTreeSet<&str> =
            condemned.chain(changes.updated.iter().map(|(name, _)| name)).map(String::as_str).collect();
        diagnostics = unmade_checks(run, &seen, |name| !touched.contains(name));
    }
    refuse(op.user, &diagnostics, UNTOUCHED)?;

    let raised = Forecast::reload(run, plan, &seen).map_err(illegal)?;
    let fresh: BTreeSet<&str> = raised
        .items
        .iter()
        .filter(|item| matches!(item.deed, PlannedAction::Add | PlannedAction::Replace | PlannedAction::Raise))
        .map(|item| item.service.as_str())
        .collect();
    preflight(op, plan, allowed, |service| fresh.contains(service)).await?;
    // The place of the clouds is part of the plan now.
    let forecast = Forecast::reload(run, plan, &seen).map_err(illegal)?.masked(&[&run.plan, plan]);
    Ok((forecast, seen))
}
