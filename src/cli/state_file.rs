//! The state file as commands open it.

use std::path::Path;

use super::clouds::check_beside;
use super::context::Context;
use super::exit::CommandError;
use crate::state::{NoReserve, StateError, StateFile};

impl Context {
    /// Opens the state file, making it when there is none.
    pub(super) fn state(&self) -> Result<StateFile, CommandError> {
        // Before anything is recorded that would need them.
        check_beside(self.state_path.parent().unwrap_or(Path::new("/")))?;
        StateFile::open(&self.state_path).map_err(CommandError::from)
    }

    /// Opens the state file if there is one to read it, also on a full disk and where nothing may be written.
    pub(super) fn state_to_read(&self) -> Result<Option<StateFile>, CommandError> {
        StateFile::open_to_read(&self.state_path).map_err(CommandError::from)
    }

    /// Says so where nothing is kept back to record tear-downs with when the disk is full.
    pub(super) fn warn_of_no_reserve(&self, state: &StateFile) {
        let Some(NoReserve { file, size, missing }) = state.lacks_reserve() else { return };
        let megabytes = |bytes: u64| format!("{:.1} MB", bytes as f64 / f64::from(1 << 20));
        let why = match missing {
            0 => "it could not be made".to_owned(),
            missing => format!("{} more would have to be free", megabytes(missing)),
        };
        self.tell(&format!(
            "{} no room is kept back in {} ({}): {why}. Where the disk is full, what is brought down may not be recorded, and \
             `terminate` stops until there is room",
            self.message_style.warn("note:"),
            file.display(),
            megabytes(size)
        ));
    }

    /// Opens the state file if there is one: a command that changes something that exists makes none.
    pub(super) fn existing_state(&self) -> Result<Option<StateFile>, CommandError> {
        StateFile::open_existing(&self.state_path).map_err(CommandError::from)
    }

    /// Opens the state file that records this run; where there is no file, there is no such run.
    pub(super) fn state_with(&self, name: &str) -> Result<StateFile, CommandError> {
        let unknown =
            || StateError::RunNotFound { name: name.to_owned(), path: self.state_path.clone(), nearest: Vec::new() };
        self.existing_state()?.ok_or_else(|| unknown().into())
    }

    /// The same for a command that brings this run down, which must be recorded also where the disk is full.
    pub(super) fn state_to_end(&self, name: &str) -> Result<StateFile, CommandError> {
        let unknown =
            || StateError::RunNotFound { name: name.to_owned(), path: self.state_path.clone(), nearest: Vec::new() };
        StateFile::open_to_end(&self.state_path)?.ok_or_else(|| unknown().into())
    }
}
