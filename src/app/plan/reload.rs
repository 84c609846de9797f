//! Bringing a run in line with a new plan.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::consent::agreed;
use super::drive_options::DriveOptions;
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

/// Which run is to be as which plan says.
pub(crate) struct ReloadRequest<'a> {
    /// The run.
    pub(crate) name: &'a str,
    /// The plan that is to be in force.
    pub(crate) plan: Plan,
    /// The findings that are meant to be in user data.
    pub(crate) allowed: &'a [String],
    /// How it works.
    pub(crate) drive: &'a DriveOptions,
}

/// Shows what is going to be done, where it is going to be done.
pub(crate) type ShowForecast<'a> = &'a dyn Fn(&Forecast) -> Result<(), CommandError>;

/// What a reload would do.
///
/// # Errors
/// There is no such run, it goes down, something is missing on this side, or a cloud is silent.
pub(crate) async fn preview_reload(
    op: Operation<'_>,
    mut request: ReloadRequest<'_>,
) -> Result<Forecast, CommandError> {
    let run = reloadable(op, request.name)?;
    let real = Arc::new(LiveInfrastructure::new(op.workspace, &run)?);
    let rehearse = request.drive.rehearse.as_deref();
    let infrastructure = rehearsed(real, rehearse, &[&run.plan, &request.plan])?;
    forecast(op, &run, &mut request, &infrastructure).await.map(|(forecast, _)| forecast)
}

/// Tears down what the plan removes, raises anew what it changes, adds what is new in it. `show` is given what will be
/// done before that is asked about. None where the user did not agree.
///
/// # Errors
/// As of [`preview_reload`], or the run could not be recorded any more.
pub(crate) async fn reload(
    op: Operation<'_>,
    mut request: ReloadRequest<'_>,
    show: ShowForecast<'_>,
) -> Result<Option<RunOutcome>, CommandError> {
    reloadable(op, request.name)?;
    let session = RunSession::open_for(op, request.name, request.drive, &request.plan)?;
    refuse_going_down(&session.run)?;
    let (forecast, seen) = forecast(op, &session.run, &mut request, session.infrastructure()).await?;
    show(&forecast)?;
    if !agreed(op.user, &forecast)? {
        return Ok(None);
    }
    let plan = request.plan;
    session.drive(|driver| driver.reload(plan, &seen)).await.map(RunOutcome::all_proved).map(Some)
}

/// The run as it is recorded, if it can be reloaded.
fn reloadable(op: Operation<'_>, name: &str) -> Result<Run, CommandError> {
    let recorded = existing(op.workspace, name)?;
    if recorded.row.ended_at.is_some() {
        return Err(ended(name));
    }
    refuse_going_down(&recorded.run)?;
    Ok(recorded.run)
}

/// What the reload will do, and what was seen of the run. Ties the plan to where its clouds are.
async fn forecast(
    op: Operation<'_>,
    run: &Run,
    request: &mut ReloadRequest<'_>,
    infrastructure: &Arc<dyn Infrastructure>,
) -> Result<(Forecast, Vec<Observation>), CommandError> {
    let ReloadRequest { plan, allowed, drive, .. } = request;
    // What the run was leased for holds for its new machines too, unless this says otherwise.
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
        // What the new plan changes is checked once it is in force; it may read what is not there yet.
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
    // Where its clouds are is part of the plan now.
    let forecast = Forecast::reload(run, plan, &seen).map_err(illegal)?.masked(&[&run.plan, plan]);
    Ok((forecast, seen))
}
