//! `hoist plan resume`

use crate::app::Interaction as _;
use clap::Args;

use super::consent::{consent_to_an_end, show};
use super::drive::Drive;
use super::prerequisites::{UNTOUCHED, missing, silent_clouds};
use super::run_name::RunName;
use super::session::{RunSession, block_on, illegal};
use crate::app::refuse;
use crate::app::{CommandError, CommandResult, Exit};
use crate::cli::context::Context;
use crate::engine::{
    Driver, Forecast, Goal, ObservedInstance, Phase, Prerequisites, Run, RunStatus, survey, survey_patiently,
};
use crate::report::{self, count};

/// Go on with a run that was interrupted or failed, on the machines that it has
///
/// What was being launched is found again by its token and tag; programs that still run are waited for; what failed is
/// tried again from the stage that failed. What is missing on this side (secrets, programs, keys, credentials) is told
/// before anything is touched.
///
/// Of services that are recorded as ready only the machines are looked at: exit code 1 when one is gone, 2 when a cloud
/// cannot say. `plan status` runs their checks.
///
/// A run that is being brought down goes on down. What that ends, and what else this would end beside what is recorded
/// as ending, is shown and asked about, unless --yes; off a terminal, and with --no-input, it is refused. `plan
/// terminate` goes on there, too. What an interrupted reload or repair still ends is shown.
#[derive(Args, Debug)]
pub(in crate::cli) struct Resume {
    #[command(flatten)]
    run: RunName,

    #[command(flatten)]
    drive: Drive,
}

impl Resume {
    pub(super) fn run(&self, context: &Context) -> CommandResult {
        let session = RunSession::open(context, &self.run.name, &self.drive)?;
        let plan = plan_of(&session.run);
        refuse(context, &missing(plan, &Prerequisites::of_resuming(&session.run)), UNTOUCHED)?;
        if session.run.goal.as_ref().is_some_and(Goal::is_down) {
            return go_down(context, session);
        }
        block_on(async {
            let seen = survey_patiently(&session.run, session.infrastructure().as_ref()).await;
            if session.run.status() != RunStatus::Up {
                refuse(context, &silent_clouds(&session.run, &seen), UNTOUCHED)?;
            }
            if !consents(context, &session.run, &seen)? {
                return Ok(Exit::Failed);
            }
            let shown = seen.clone();
            // What is raised or replaced from here on is looked at as that happens.
            let stands = |position: usize| matches!(session.run.record(position).phase, Phase::Ready { .. });
            let standing = seen.into_iter().enumerate().filter(|(position, _)| stands(*position));
            let looked = standing
                .map(|(position, instance)| {
                    let id = session.run.record(position).instance_id().unwrap_or_default().to_owned();
                    (session.run.service(position).name.clone(), id, instance)
                })
                .collect();
            let go_on = |driver: &mut Driver<'_>| driver.resume_with(&shown).and_then(|()| driver.note_stopped(&shown));
            session.drive_inside(go_on).await?.having_looked(looked).conclude(context)
        })?
    }
}

/// Goes on with a tear-down, which is announced as `plan terminate` does.
fn go_down(context: &Context, session: RunSession<'_>) -> CommandResult {
    let run = &session.run;
    let seen = block_on(survey(run, session.infrastructure().as_ref()))?;
    let forecast = Forecast::resume(run, &seen).map_err(illegal)?.masked(&[&run.plan]);
    context.tell(&going_on_down(context, run));
    if !consent_to_an_end(context, &forecast, &[report::goes_on(run), with_yes(run)])? {
        return Ok(Exit::Failed);
    }
    session.drive(|driver| driver.resume_with(&seen))?.conclude(context)
}

/// Shows what ends on the way up, where something does; asks where that is not recorded yet.
fn consents(context: &Context, run: &Run, seen: &[ObservedInstance]) -> Result<bool, CommandError> {
    let may_end = |phase: &Phase| matches!(phase, Phase::Lost(_)) || phase.is_going();
    if !matches!(run.goal, Some(Goal::Reload { .. })) && !run.records().iter().any(|record| may_end(&record.phase)) {
        return Ok(true);
    }
    let forecast = Forecast::resume(run, seen).map_err(illegal)?.masked(&[&run.plan]);
    if forecast.ends_unrecorded(run, seen) {
        return consent_to_an_end(context, &forecast, &[with_yes(run)]);
    }
    if forecast.ended().next().is_some() {
        show(context, &forecast);
    }
    Ok(true)
}

fn with_yes(run: &Run) -> String {
    format!("hoist plan resume {} --yes", run.name)
}

fn going_on_down(context: &Context, run: &Run) -> String {
    let summary = run.summary();
    let (services, instances) = (count(summary.services, "service"), count(summary.instances, "instance"));
    format!("{} is being brought down: {services}, {instances}", context.message_style.bold(&run.name))
}

/// The plan whose programs run next.
fn plan_of(run: &Run) -> &crate::plan::Plan {
    match &run.goal {
        Some(Goal::Reload { plan, .. }) => plan,
        _ => &run.plan,
    }
}
