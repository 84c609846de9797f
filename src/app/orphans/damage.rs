//! A state file that is damaged: the clouds are asked all the same, and nothing is ended on its word.

use crate::app::{CommandError, Workspace};
use crate::state::{StateError, StateFile};

/// What is wrong with the state file, if something is.
pub(super) fn damage(workspace: &Workspace) -> Option<StateError> {
    let read = || -> Result<(), StateError> {
        let Some(state) = StateFile::open_to_read(&workspace.state_path)? else { return Ok(()) };
        state.annexes(true)?;
        for row in state.runs(true)? {
            match state.load(row.id) {
                // Forgotten since the list was read.
                Err(StateError::RunNotFound { .. }) => {}
                loaded => drop(loaded?),
            }
        }
        Ok(())
    };
    read().err()
}

/// What was read; nothing where it is damaged, which [`damage`] tells of.
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
