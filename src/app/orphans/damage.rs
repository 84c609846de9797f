//! Audit with a damaged state file: the clouds are still asked, but nothing is terminated on its word.

use crate::app::{CommandError, Workspace};
use crate::state::{StateError, StateFile};

/// Returns the damage of the state file, if any.
pub(super) fn damage(workspace: &Workspace) -> Option<StateError> {
    let read = || -> Result<(), StateError> {
        let Some(state) = StateFile::open_to_read(&workspace.state_path)? else { return Ok(()) };
        state.annexes(true)?;
        state.fleets(true)?;
        for row in state.runs(true)? {
            match state.load(row.id) {
                // The run was forgotten since the list was read.
                Err(StateError::RunNotFound { .. }) => {}
                loaded => drop(loaded?),
            }
        }
        Ok(())
    };
    read().err()
}

/// Returns the value read, or the default if the file is damaged, which [`damage`] reports.
pub(super) fn or_nothing<T: Default>(read: Result<T, StateError>) -> Result<T, CommandError> {
    match read {
        Err(
            StateError::Corrupt { .. }
            | StateError::Behind { .. }
            | StateError::Exchanged { .. }
            | StateError::NotState { .. }
            | StateError::Sqlite { .. }
            | StateError::RunNotFound { .. },
        ) => Ok(T::default()),
        read => Ok(read?),
    }
}
