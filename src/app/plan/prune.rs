//! Removal of the records of ended runs.

use std::path::PathBuf;

use jiff::Timestamp;

use crate::app::{Clouds, CommandError, Workspace};
use crate::os::remove_tree;
use crate::state::{RunRow, StateFile};

/// Returns the ended runs that no process holds and whose end `is_old_enough` accepts.
pub(crate) fn forgettable(
    state: &StateFile,
    is_old_enough: impl Fn(Timestamp) -> bool,
) -> Result<Vec<RunRow>, CommandError> {
    let takes = |run: &RunRow| run.lock.is_none() && run.ended_at.is_some_and(&is_old_enough);
    Ok(state.runs(true)?.into_iter().filter(takes).collect())
}

/// Forgets runs: removes their local remains first and the records last, so that it can be repeated after a failure.
pub(crate) fn forget(workspace: &Workspace, state: &StateFile, runs: &[RunRow]) -> Result<(), CommandError> {
    let clouds = Clouds::new(workspace)?;
    runs.iter().try_for_each(|run| remove_remains(&clouds, run))?;
    Ok(state.forget_all(&runs.iter().map(|run| run.id).collect::<Vec<_>>())?)
}

/// Removes the local remains of an ended run: its host keys, and the directories of services that ran on this host.
fn remove_remains(clouds: &Clouds, run: &RunRow) -> Result<(), CommandError> {
    let mut remains = vec![clouds.beside().join("ssh").join(&run.tag)];
    if let Ok(entries) = std::fs::read_dir(clouds.beside().join("this-host")) {
        let prefix = format!("{}.", run.tag);
        let is_its = |path: &PathBuf| {
            path.file_name().and_then(|name| name.to_str()).is_some_and(|name| name.starts_with(&prefix))
        };
        remains.extend(entries.flatten().map(|entry| entry.path()).filter(is_its));
    }
    for path in remains {
        remove_tree(&path)
            .map_err(|(path, error)| CommandError::new(format!("cannot remove {}: {error}", path.display())))?;
    }
    Ok(())
}
