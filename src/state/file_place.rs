//! Checks that an open file is still the one at its path.
//!
//! Data written to a file that was removed or replaced while open would be lost, as would the data of a file that was
//! emptied or truncated in place.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::companions::{LOG, with_suffix};
use super::error::StateError;
use super::header;

/// A file's identity, independent of its name.
type FileIdentity = (u64, u64);

/// The identity of an open state file and its log.
#[derive(Debug)]
pub(super) struct FilePlace {
    path: PathBuf,
    file: FileIdentity,
    /// Its size when it was opened.
    size: u64,
    /// The log, once it exists, and its size; until its last user closes it, it is neither removed nor truncated.
    log: Option<(FileIdentity, u64)>,
}

impl FilePlace {
    /// Records the file currently at the path.
    pub(super) fn of(path: &Path) -> Result<Self, StateError> {
        match found(path) {
            Some((file, size)) => Ok(Self { path: path.to_path_buf(), file, size, log: None }),
            None => Err(StateError::Replaced { path: path.to_path_buf(), what: "was removed" }),
        }
    }

    /// Fails if the file at the path is another one, missing, or truncated.
    pub(super) fn check(&self) -> Result<(), StateError> {
        let size = same(&self.path, self.file)?;
        if size < self.least() {
            return Err(self.gone("was cut short or written over"));
        }
        if let Some((log, size)) = self.log
            && same(&with_suffix(&self.path, LOG), log)? < size
        {
            return Err(self.gone("lost a part of its log"));
        }
        Ok(())
    }

    /// The same after a commit, which creates the log.
    pub(super) fn committed(&mut self) -> Result<(), StateError> {
        self.check()?;
        self.log = found(&with_suffix(&self.path, LOG));
        Ok(())
    }

    /// Returns the file's minimum size: its size when opened, unless its header declares a smaller one. Other processes
    /// may be extending it.
    fn least(&self) -> u64 {
        match header::read(&self.path) {
            Ok(header) => header::size_of_all(&header).map_or(u64::MAX, |all| all.min(self.size)),
            // SQLite will report the error.
            Err(_) => 0,
        }
    }

    fn gone(&self, what: &'static str) -> StateError {
        StateError::Replaced { path: self.path.clone(), what }
    }
}

/// Returns the size of the file at the path; fails if that is another file.
fn same(path: &Path, known: FileIdentity) -> Result<u64, StateError> {
    match found(path) {
        Some((file, size)) if file == known => Ok(size),
        Some(_) => Err(StateError::Replaced { path: path.to_path_buf(), what: "was replaced by another file" }),
        None => Err(StateError::Replaced { path: path.to_path_buf(), what: "was removed" }),
    }
}

fn found(path: &Path) -> Option<(FileIdentity, u64)> {
    fs::symlink_metadata(path).ok().map(|found| ((found.dev(), found.ino()), found.len()))
}
