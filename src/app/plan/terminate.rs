//! Termination of a run.

use super::ask_again::{EndedAgain, ask_again};
use super::consent::consent_with_fleets;
use super::drive_options::DriveOptions;
use super::going::Going;
use super::prerequisites::missing;
use super::recorded_run::illegal;
use super::run_outcome::RunOutcome;
use super::run_session::RunSession;
use crate::app::{CommandError, Exit, Operation, refuse};
use crate::diagnostics::{Diagnostic, did_you_mean_word};
use crate::engine::{Driver, Forecast, Prerequisites, Run, survey};
use crate::plan::{OnFailure, RunOn};
use crate::report::count;

/// Request to terminate a run.
#[derive(Clone, Copy)]
pub(crate) struct TerminateRequest<'a> {
    /// Name of the run.
    pub(crate) name: &'a str,
    /// Whether instances are terminated even if their terminate programs fail or cannot start.
    pub(crate) force: bool,
    /// Services whose hosts are abandoned.
    pub(crate) abandon: &'a [String],
    /// Options of the driver.
    pub(crate) drive: &'a DriveOptions,
}

/// Result of [`terminate`].
pub(crate) enum Terminated {
    /// The run was terminated, completely or in part.
    Driven(Box<RunOutcome>),
    /// The run had ended before, and the clouds were asked again.
    AskedAgain(Box<EndedAgain>),
    /// The user declined.
    Declined,
}

/// Terminates a run, and proves that nothing is left. For an ended run, asks the clouds again.
///
/// # Errors
/// There is no such run, a service to abandon is unknown, or a terminate program cannot start.
pub(crate) async fn terminate(op: Operation<'_>, request: TerminateRequest<'_>) -> Result<Terminated, CommandError> {
    let TerminateRequest { name, force, abandon, drive } = request;
    let state = op.workspace.state_to_end(name)?;
    if state.find(name)?.ended_at.is_some() {
        // The old records do not tell the current state.
        return ask_again(op, &state, name, drive).await.map(Box::new).map(Terminated::AskedAgain);
    }
    let session = RunSession::open_in(&state, op, name, drive)?;
    let run = &session.run;
    let abandoned = abandoned(run, abandon)?;
    let seen = survey(run, session.infrastructure().as_ref()).await;
    let forecast = Forecast::terminate(run, force, &seen).map_err(illegal)?.masked(&[&run.plan]);
    if !force {
        let needs = Prerequisites::of_farewells(run, must_say_goodbye(run, &forecast, abandon));
        let hint = format!("hoist plan terminate {name} --force goes on without terminate programs that cannot start");
        let lacks = missing(&run.plan, &needs).into_iter();
        let diagnostics: Vec<Diagnostic> = lacks.map(|diagnostic| diagnostic.hint(&hint)).collect();
        refuse(op.user, &diagnostics, "nothing was terminated")?;
    }
    let summary = run.summary();
    op.user.tell(&format!(
        "terminating {}: {}, {}",
        op.user.strong(name),
        count(summary.services, "service"),
        count(summary.instances, "instance")
    ));
    let fleets = session.fleets_first(&state, Going::for_good(run, force)).await?;
    if !consent_with_fleets(op.user, &forecast, fleets.as_ref())? {
        return Ok(Terminated::Declined);
    }
    let prepare = |driver: &mut Driver<'_>| {
        driver.end(force, &seen)?;
        driver.abandon(&abandoned)
    };
    session.drive_after(fleets, prepare).await.map(Box::new).map(Terminated::Driven)
}

/// Returns the services whose terminate programs must run for the tear-down to continue.
fn must_say_goodbye<'a>(
    run: &'a Run,
    forecast: &'a Forecast,
    abandoned: &'a [String],
) -> impl Iterator<Item = &'a str> {
    let must = |name: &str| {
        let program = run.position(name).and_then(|position| run.service(position).programs.terminate.as_ref());
        program.is_some_and(|program| program.on_failure == OnFailure::Keep) && !abandoned.iter().any(|it| it == name)
    };
    forecast.items.iter().filter(move |item| item.farewell && must(&item.service)).map(|item| item.service.as_str())
}

/// Returns the positions of the abandoned services.
fn abandoned(run: &Run, names: &[String]) -> Result<Vec<usize>, CommandError> {
    let position = |name: &String| {
        let usage = |message| CommandError::with_exit(Exit::Usage, message);
        let Some(position) = run.position(name) else {
            let error = usage(format!("run {} has no service {name}", run.name));
            let known = run.plan.services().map(|(_, service)| service.name.as_str());
            let show = || format!("hoist plan show {}", run.name);
            return Err(error.hint(did_you_mean_word(name, known).unwrap_or_else(show)));
        };
        if run.service(position).run_on == RunOn::ThisHost {
            return Err(usage(format!("service {name} runs on this host, which is here; it is not given up")));
        }
        Ok(position)
    };
    names.iter().map(position).collect()
}
