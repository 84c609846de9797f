//! Continuation of an interrupted or failed run.

use super::consent::consent_to_an_end;
use super::drive_options::DriveOptions;
use super::going::Going;
use super::prerequisites::{UNTOUCHED, missing, silent_clouds};
use super::recorded_run::illegal;
use super::run_outcome::RunOutcome;
use super::run_session::RunSession;
use crate::app::{CommandError, Interaction, Operation, refuse};
use crate::engine::{
    Driver, Forecast, Goal, ObservedInstance, Phase, Prerequisites, Run, RunStatus, survey, survey_patiently,
};
use crate::plan::Plan;
use crate::report::{self, count};
use crate::state::StateFile;

/// Resumes a run, up or down. Returns none if the user does not agree to terminations.
///
/// # Errors
/// A local prerequisite is missing, a cloud does not answer, or something would be terminated and nobody can be asked.
pub(crate) async fn resume(
    op: Operation<'_>,
    name: &str,
    drive: &DriveOptions,
) -> Result<Option<RunOutcome>, CommandError> {
    let state = op.workspace.state_with(name)?;
    let session = RunSession::open_in(&state, op, name, drive)?;
    let run = &session.run;
    refuse(op.user, &missing(plan_of(run), &Prerequisites::of_resuming(run)), UNTOUCHED)?;
    if run.goal.as_ref().is_some_and(Goal::is_down) {
        return go_down(op, &state, session).await;
    }
    let seen = survey_patiently(run, session.infrastructure().as_ref()).await;
    if run.status() != RunStatus::Up {
        refuse(op.user, &silent_clouds(run, &seen), UNTOUCHED)?;
    }
    let forecast = Forecast::resume(run, &seen).map_err(illegal)?.masked(&[&run.plan]);
    let fleets = session.fleets_first(&state, Going::of_resumption(run, &forecast)).await?;
    if let Some(fleets) = &fleets {
        fleets.announce();
    }
    if !consents(op.user, run, &forecast, &seen)? {
        return Ok(None);
    }
    let shown = seen.clone();
    // Services that are booted or replaced from here on are checked in the process.
    let stands = |position: usize| matches!(run.record(position).phase, Phase::Ready { .. });
    let standing = seen.into_iter().enumerate().filter(|(position, _)| stands(*position));
    let looked = standing
        .map(|(position, instance)| {
            let id = run.record(position).instance_id().unwrap_or_default().to_owned();
            (run.service(position).name.clone(), id, instance)
        })
        .collect();
    let go_on = |driver: &mut Driver<'_>| driver.resume_with(&shown).and_then(|()| driver.note_stopped(&shown));
    Ok(Some(session.drive_after(fleets, go_on).await?.having_looked(looked)))
}

/// Resumes a tear-down, announced like a new one.
async fn go_down(
    op: Operation<'_>,
    state: &StateFile,
    session: RunSession<'_>,
) -> Result<Option<RunOutcome>, CommandError> {
    let (run, user) = (&session.run, op.user);
    let seen = survey(run, session.infrastructure().as_ref()).await;
    let forecast = Forecast::resume(run, &seen).map_err(illegal)?.masked(&[&run.plan]);
    let summary = run.summary();
    let (services, instances) = (count(summary.services, "service"), count(summary.instances, "instance"));
    user.tell(&format!("{} is being brought down: {services}, {instances}", user.strong(&run.name)));
    let force = matches!(run.goal, Some(Goal::Down { force: true }));
    let fleets = session.fleets_first(state, Going::for_good(run, force)).await?;
    if let Some(fleets) = &fleets {
        fleets.announce();
    }
    if !consent_to_an_end(user, &forecast, &[report::goes_on(run), with_yes(run)])? {
        return Ok(None);
    }
    session.drive_after(fleets, |driver| driver.resume_with(&seen)).await.map(Some)
}

/// Shows the terminations on the way up, if any; asks about those that are not recorded yet.
fn consents(
    user: &dyn Interaction,
    run: &Run,
    forecast: &Forecast,
    seen: &[ObservedInstance],
) -> Result<bool, CommandError> {
    let may_end = |phase: &Phase| matches!(phase, Phase::Lost(_)) || phase.is_going();
    if !matches!(run.goal, Some(Goal::Reload { .. })) && !run.records().iter().any(|record| may_end(&record.phase)) {
        return Ok(true);
    }
    if forecast.ends_unrecorded(run, seen) {
        return consent_to_an_end(user, forecast, &[with_yes(run)]);
    }
    if forecast.ended().next().is_some() {
        user.announce(forecast);
    }
    Ok(true)
}

fn with_yes(run: &Run) -> String {
    format!("hoist plan resume {} --yes", run.name)
}

/// Returns the plan whose programs run next.
fn plan_of(run: &Run) -> &Plan {
    match &run.goal {
        Some(Goal::Reload { plan, .. }) => plan,
        _ => &run.plan,
    }
}
