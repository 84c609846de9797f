//! A state file that is damaged: the clouds are asked all the same, and nothing is ended on its word.

use super::claim::{Claim, again};
use crate::app::{CommandError, Exit};
use crate::cli::context::Context;
use crate::os::quoted;
use crate::state::{StateError, StateFile};

/// What is wrong with the state file, if something is.
pub(super) fn damage(context: &Context) -> Option<StateError> {
    let read = || -> Result<(), StateError> {
        let Some(state) = StateFile::open_to_read(&context.workspace.state_path)? else { return Ok(()) };
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

/// Why nothing is ended while the record is damaged: what it lost may be somebody's healthy machine.
pub(super) fn not_ended(context: &Context, damage: StateError, all_regions: bool) -> CommandError {
    // Whoever named a file of somebody else's shall name another one, and leave that where it is.
    let is_ours = !matches!(damage, StateError::NotState { .. });
    let is_there = !damage.is_loss_of_all();
    let CommandError { message, hints, .. } = damage.into();
    let message = format!("{message}; nothing is ended on its word");
    let error = CommandError { hints, ..CommandError::with_exit(Exit::Remains, message) };
    if !is_ours {
        return error;
    }
    let file = context.workspace.state_path.to_string_lossy();
    let (from, to) = (quoted(&*file), quoted(format!("{file}.damaged")));
    let end = again(context, all_regions, Claim::OtherState.flags());
    if !is_there {
        return error.hint(format!("once you have looked at what is listed: `{end}` ends what carries our tags"));
    }
    let mut aside = format!("mv {from} {to}");
    if let Some(count) = StateFile::count_beside(&context.workspace.state_path) {
        // Without it, another file may be made there.
        aside.push_str(&format!(" && mv {} {}", quoted(&count), quoted(format!("{file}.damaged-head"))));
    }
    error.hint(format!("once you have looked at what is listed: {aside}; then `{end}` ends what carries our tags"))
}
