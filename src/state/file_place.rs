//! Whether the file that is open is still the one that its path names.
//!
//! A file that is removed or replaced while it is open takes what is written to it along: it would be recorded nowhere.
//! One that is emptied or cut short in its place loses it.

use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::{Path, PathBuf};

use super::companions::{LOG, with_suffix};
use super::error::StateError;
use super::header;

/// A file, whatever its name.
type FileIdentity = (u64, u64);

/// Where an open state file and its log are.
#[derive(Debug)]
pub(super) struct FilePlace {
    path: PathBuf,
    file: FileIdentity,
    /// Its size when it was opened.
    size: u64,
    /// The log, once there is one, and its size; it stays until the last who uses it ends, and becomes no shorter.
    log: Option<(FileIdentity, u64)>,
}

impl FilePlace {
    /// The file that is there now.
    pub(super) fn of(path: &Path) -> Result<Self, StateError> {
        match found(path) {
            Some((file, size)) => Ok(Self { path: path.to_path_buf(), file, size, log: None }),
            None => Err(StateError::Replaced { path: path.to_path_buf(), what: "was removed" }),
        }
    }

    /// Fails where another file is there by now, or none, or less of it.
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

    /// The same after a commit, which makes the log.
    pub(super) fn committed(&mut self) -> Result<(), StateError> {
        self.check()?;
        self.log = found(&with_suffix(&self.path, LOG));
        Ok(())
    }

    /// The least size that it may have: what it had, unless it says of itself that it was made smaller. Others may be
    /// making it larger.
    fn least(&self) -> u64 {
        match header::read(&self.path) {
            Ok(header) => header::size_of_all(&header).map_or(u64::MAX, |all| all.min(self.size)),
            // SQLite will say so.
            Err(_) => 0,
        }
    }

    fn gone(&self, what: &'static str) -> StateError {
        StateError::Replaced { path: self.path.clone(), what }
    }
}

/// The size of the file, if it is still this one.
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
