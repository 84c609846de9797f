//! The names of the files beside a state file, and of its directory.

use std::path::{Path, PathBuf};

/// The suffix of SQLite's log.
pub(super) const LOG: &str = "-wal";

/// The suffix of SQLite's index of that log.
pub(super) const LOG_INDEX: &str = "-shm";

/// The suffix of the file with the count of commits.
pub(super) const HEAD: &str = "-head";

/// The suffix of the file that reserves space.
pub(super) const RESERVE: &str = "-reserve";

/// The suffixes of all files that SQLite and hoist keep beside a database.
pub(super) const ALL: [&str; 5] = [LOG, LOG_INDEX, "-journal", HEAD, RESERVE];

/// Returns the path with a suffix added to its file name.
pub(super) fn with_suffix(path: &Path, suffix: &str) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(suffix);
    PathBuf::from(name)
}

/// Returns the directory of the file.
pub(super) fn directory_of(path: &Path) -> &Path {
    path.parent().filter(|directory| !directory.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
