//! Raising a plan.

use super::drive_options::DriveOptions;
use super::preflight::preflight;
use super::run_outcome::RunOutcome;
use super::run_session::RunSession;
use crate::app::{CommandError, Exit, Operation, rehearsal};
use crate::engine::Run;
use crate::plan::{NAME_RULE, Plan, is_valid_name};
use crate::report::count;
use crate::state::{NewRun, Owner};

/// What is to be raised, and how.
pub(crate) struct BootRequest<'a> {
    /// The run's name; without one, the plan's.
    pub(crate) name: Option<String>,
    /// The plan.
    pub(crate) plan: Plan,
    /// Whether machines of a level are launched with it, instead of at the start.
    pub(crate) by_level: bool,
    /// The findings that are meant to be in user data.
    pub(crate) allowed: &'a [String],
    /// How it works.
    pub(crate) drive: &'a DriveOptions,
}

/// Raises the plan as a run of its own.
///
/// # Errors
/// The run cannot begin: then nothing is recorded and nothing was launched. Or it could not be recorded any more.
pub(crate) async fn boot(op: Operation<'_>, request: BootRequest<'_>) -> Result<RunOutcome, CommandError> {
    let BootRequest { name, mut plan, by_level, allowed, drive } = request;
    let name = name.unwrap_or_else(|| plan.name.clone());
    if !is_valid_name(&name) {
        let message = format!("a run cannot be named {name:?}: {NAME_RULE}");
        return Err(CommandError::with_exit(Exit::Usage, message));
    }
    rehearsal(drive.rehearse.as_deref(), &[&plan])?;
    preflight(op, &mut plan, allowed, |_| true).await?;
    let state = op.workspace.state()?;
    let (_, lock) = state.create_run(&NewRun { name: &name, plan: &plan }, &Owner::current())?;
    op.workspace.warn_of_no_reserve(&state, op.user);
    let run = Run::new(state.find(&name)?.tag, name, plan);
    let (services, levels) = (count(run.records().len(), "service"), count(run.levels().len(), "level"));
    op.user.tell(&format!("run {}: {services} in {levels}", op.user.strong(&run.name)));
    RunSession::with_lock(op, run, lock, drive)?.drive(|driver| driver.boot(by_level)).await
}

/// Brings down a run that could not be raised.
///
/// # Errors
/// Somebody else holds the run by now, or nothing could be recorded any more.
pub(crate) async fn terminate_failed(
    op: Operation<'_>,
    name: &str,
    drive: &DriveOptions,
) -> Result<RunOutcome, CommandError> {
    RunSession::open(op, name, drive)?.drive(|driver| driver.terminate()).await
}
