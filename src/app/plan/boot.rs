//! Boot of a plan.

use super::drive_options::DriveOptions;
use super::going::Going;
use super::preflight::preflight;
use super::run_outcome::RunOutcome;
use super::run_session::RunSession;
use crate::app::{CommandError, Exit, Operation, rehearsal};
use crate::engine::Run;
use crate::plan::{NAME_RULE, Plan, is_valid_name};
use crate::report::count;
use crate::state::{NewRun, Owner};

/// Request for a boot.
pub(crate) struct BootRequest<'a> {
    /// Name of the run; none: the plan's name.
    pub(crate) name: Option<String>,
    /// Plan to boot.
    pub(crate) plan: Plan,
    /// Whether instances are launched level by level rather than all at the start.
    pub(crate) by_level: bool,
    /// Allowed findings in user data.
    pub(crate) allowed: &'a [String],
    /// Options of the driver.
    pub(crate) drive: &'a DriveOptions,
}

/// Boots the plan as a new run.
///
/// # Errors
/// The run cannot begin, and nothing was recorded or launched; or its progress could not be recorded any more.
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

/// Terminates a run whose boot failed, after the fleets that it has by then.
///
/// # Errors
/// Another process holds the run by now, workers are not proved gone, or its progress could not be recorded any more.
pub(crate) async fn terminate_failed(
    op: Operation<'_>,
    name: &str,
    drive: &DriveOptions,
) -> Result<RunOutcome, CommandError> {
    let state = op.workspace.state_with(name)?;
    let session = RunSession::open_in(&state, op, name, drive)?;
    let fleets = session.fleets_first(&state, Going::for_good(&session.run, false)).await?;
    session.drive_after(fleets, |driver| driver.terminate()).await
}
