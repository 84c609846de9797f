//! The names of the files that stand beside a state file, and of its directory.

use std::path::{Path, PathBuf};

/// What is added to the state file's name for SQLite's log.
pub(super) const LOG: &str = "-wal";

/// The same for SQLite's index of that log.
pub(super) const LOG_INDEX: &str = "-shm";

/// The same for the count of what was recorded.
pub(super) const HEAD: &str = "-head";

/// The same for the room that is kept back.
pub(super) const RESERVE: &str = "-reserve";

/// What SQLite and we keep beside a database.
pub(super) const ALL: [&str; 5] = [LOG, LOG_INDEX, "-journal", HEAD, RESERVE];

/// The path with something added to its file name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// The directory that the file is in.
pub(super) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
