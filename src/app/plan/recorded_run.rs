//! Recorded runs.

use crate::app::{CommandError, Workspace};
use crate::engine::{Goal, JournalEntry, Run};
use crate::state::{RunRow, StateError};

/// A recorded run, opened for reading.
pub(crate) struct LoadedRun {
    pub(crate) row: RunRow,
    pub(crate) run: Run,
    pub(crate) records: Vec<JournalEntry>,
}

/// Returns the run of this name, if there is one.
pub(crate) fn recorded(workspace: &Workspace, name: &str) -> Result<Option<LoadedRun>, CommandError> {
    let Some(state) = workspace.state_to_read()? else { return Ok(None) };
    let row = match state.find(name) {
        Ok(row) => row,
        Err(StateError::RunNotFound { .. }) => return Ok(None),
        Err(error) => return Err(error.into()),
    };
    let (plan, records) = state.load(row.id)?;
    let run = Run::replay(row.tag.clone(), row.name.clone(), plan, &records).map_err(illegal)?;
    Ok(Some(LoadedRun { row, run, records }))
}

/// Returns the run of this name, or an error that names similar runs.
pub(crate) fn existing(workspace: &Workspace, name: &str) -> Result<LoadedRun, CommandError> {
    match recorded(workspace, name)? {
        Some(recorded) => Ok(recorded),
        None => Err(no_such_run(workspace, name)?),
    }
}

/// Returns the error for a run that is not recorded.
pub(crate) fn no_such_run(workspace: &Workspace, name: &str) -> Result<CommandError, CommandError> {
    let Some(state) = workspace.state_to_read()? else { return Ok(workspace.unknown_run(name).into()) };
    match state.find(name) {
        Err(error) => Ok(error.into()),
        Ok(row) => Ok(CommandError::new(format!("run {} was recorded a moment ago; try again", row.name))),
    }
}

/// Returns the error for a run of which nothing is left.
pub(crate) fn ended(name: &str) -> CommandError {
    CommandError::new(format!("run {name} has ended: nothing is left of it"))
        .hint(format!("`hoist plan history {name}` shows what it had"))
}

/// Refuses a run that is being terminated, which cannot be reversed.
pub(crate) fn refuse_going_down(run: &Run) -> Result<(), CommandError> {
    if !run.goal.as_ref().is_some_and(Goal::is_down) {
        return Ok(());
    }
    let name = &run.name;
    let error = CommandError::new(format!("run {name} is being brought down"));
    Err(error.hint(format!("hoist plan terminate {name}")))
}

pub(crate) fn illegal(error: crate::engine::IllegalEvent) -> CommandError {
    CommandError::new(error.to_string())
}
