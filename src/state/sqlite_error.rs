//! Conversion of SQLite's errors.

use std::path::{Path, PathBuf};

use nix::sys::statvfs::statvfs;
use rusqlite::ErrorCode;

use super::companions::directory_of;
use super::error::StateError;
use crate::os::quoted;

/// Less free space than this, in bytes, counts as none: SQLite's index of its log alone needs 32 KiB.
const FULL_BELOW: u64 = 64 * 1024;

impl StateError {
    /// Converts an error of SQLite into an error of this file.
    pub(super) fn sqlite(path: &Path, doing: &'static str, error: &rusqlite::Error) -> Self {
        let path = path.to_path_buf();
        let detail = error.to_string();
        match error {
            rusqlite::Error::SqliteFailure(failure, _) => match failure.code {
                ErrorCode::DiskFull => Self::Full { path },
                ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => Self::Busy { path },
                ErrorCode::DatabaseCorrupt => Self::Corrupt { path, detail },
                ErrorCode::NotADatabase => Self::NotState { path, what: "it is no SQLite database".to_owned() },
                ErrorCode::ReadOnly | ErrorCode::CannotOpen | ErrorCode::PermissionDenied => read_only(path, detail),
                ErrorCode::SystemIoFailure if no_space_at(&path) => Self::Full { path },
                ErrorCode::SystemIoFailure => Self::Disk { path, doing, detail },
                _ => Self::Sqlite { path, doing, detail },
            },
            // The data read differs from the data written.
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..)
            | rusqlite::Error::Utf8Error(..) => Self::Corrupt { path, detail },
            _ => Self::Sqlite { path, doing, detail },
        }
    }
}

/// Determines why a file cannot be written.
fn read_only(path: PathBuf, detail: String) -> StateError {
    use nix::unistd::{AccessFlags, access};
    let directory = directory_of(&path).to_path_buf();
    if is_read_only_filesystem(&directory) {
        return StateError::ReadOnly { path, why: "its file system is read-only".to_owned(), mend: None };
    }
    if access(&directory, AccessFlags::W_OK | AccessFlags::X_OK).is_err() {
        let why = format!("nothing may be written in {}, where SQLite keeps its log", directory.display());
        return StateError::ReadOnly { path, why, mend: Some(format!("chmod 700 {}", quoted(&directory))) };
    }
    let mend = Some(format!("chmod 600 {}", quoted(&path)));
    StateError::ReadOnly { path, why: detail, mend }
}

pub(super) fn is_read_only_filesystem(directory: &Path) -> bool {
    statvfs(directory).is_ok_and(|found| found.flags().contains(nix::sys::statvfs::FsFlags::ST_RDONLY))
}

fn no_space_at(path: &Path) -> bool {
    statvfs(path).is_ok_and(|found| found.blocks_available() * found.fragment_size() < FULL_BELOW)
}
