//! Checks of a state file before SQLite opens it, since SQLite repairs and replaces files.

use std::fs::{self, DirBuilder, Metadata, OpenOptions};
use std::io;
use std::os::unix::fs::{DirBuilderExt, FileTypeExt, MetadataExt, OpenOptionsExt};
use std::path::{Path, PathBuf};

use nix::libc::O_NOFOLLOW;
use nix::unistd::{Uid, User, geteuid};

use super::companions::{self, LOG, directory_of, with_suffix};
use super::error::StateError;
use super::schema::{APPLICATION_ID, FORMAT};
use super::sqlite_error::is_read_only_filesystem;
use super::{header, high_water};
use crate::os::quoted;

/// Offsets in the header.
const USER_VERSION_AT: usize = 60;
const APPLICATION_ID_AT: usize = 68;

/// Checks the file without changing anything; returns its path with all links in its directory's path resolved, or
/// `None` if it does not exist.
pub(super) fn check(path: &Path) -> Result<Option<PathBuf>, StateError> {
    check_with(path, check_permissions)
}

/// The same for reading only.
pub(super) fn check_to_read(path: &Path) -> Result<Option<PathBuf>, StateError> {
    check_with(path, |_, _| Ok(()))
}

fn check_with(
    path: &Path,
    check_permissions: impl FnOnce(&Path, &Metadata) -> Result<(), StateError>,
) -> Result<Option<PathBuf>, StateError> {
    let metadata = match fs::symlink_metadata(path) {
        Ok(metadata) => metadata,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(source) => return Err(StateError::Io { path: path.to_path_buf(), doing: "look at", source }),
    };
    check_safe(path, &metadata).and_then(|()| check_permissions(path, &metadata)).map_err(|error| {
        // A hint must not suggest to change the permissions of a file that is not hoist's.
        match metadata.is_file().then(|| check_header(path, &metadata)) {
            Some(Err(no_state @ StateError::NotState { .. })) => no_state,
            _ => error,
        }
    })?;
    for companion in companions::ALL.map(|suffix| with_suffix(path, suffix)) {
        if let Ok(metadata) = fs::symlink_metadata(&companion) {
            check_safe(&companion, &metadata)?;
        }
    }
    check_header(path, &metadata)?;
    resolve(path).map(Some)
}

/// Creates an empty file and its parent directories, accessible to this user only. An existing file is left unchanged.
pub(super) fn create(path: &Path) -> Result<(), StateError> {
    let failed = |path: &Path, doing| {
        let path = path.to_path_buf();
        move |source: io::Error| match source.kind() {
            io::ErrorKind::StorageFull => StateError::Full { path },
            io::ErrorKind::ReadOnlyFilesystem => {
                StateError::ReadOnly { path, why: "its file system is read-only".to_owned(), mend: None }
            }
            _ => StateError::Io { path, doing, source },
        }
    };
    let directory = directory_of(path);
    DirBuilder::new().recursive(true).mode(0o700).create(directory).map_err(failed(directory, "make the directory"))?;
    let created = OpenOptions::new().write(true).create_new(true).mode(0o600).custom_flags(O_NOFOLLOW).open(path);
    match created {
        Ok(_) => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(failed(path, "make the state file")(error)),
    }
}

/// Refuses files that other users could have created or could read.
fn check_safe(path: &Path, metadata: &Metadata) -> Result<(), StateError> {
    let file_type = metadata.file_type();
    let what = if file_type.is_symlink() {
        return Err(StateError::Symlink { path: path.to_path_buf(), target: fs::canonicalize(path).ok() });
    } else if file_type.is_dir() {
        "a directory"
    } else if file_type.is_fifo() {
        "a pipe"
    } else if file_type.is_socket() {
        "a socket"
    } else {
        "a device"
    };
    if !file_type.is_file() {
        return Err(StateError::NotAFile { path: path.to_path_buf(), what });
    }
    let user = geteuid();
    if metadata.uid() != user.as_raw() {
        let owner = user_name(Uid::from_raw(metadata.uid()));
        return Err(StateError::Foreign { path: path.to_path_buf(), owner, user: user_name(user) });
    }
    let mode = metadata.mode() & 0o7777;
    if mode & 0o077 != 0 {
        return Err(StateError::Exposed { path: path.to_path_buf(), mode });
    }
    Ok(())
}

/// Refuses files without write permission, even if root could write them.
fn check_permissions(path: &Path, metadata: &Metadata) -> Result<(), StateError> {
    if metadata.mode() & 0o600 != 0o600 {
        let why = format!("its mode is {:04o}", metadata.mode() & 0o7777);
        let mend = Some(format!("chmod 600 {}", quoted(path)));
        return Err(StateError::ReadOnly { path: path.to_path_buf(), why, mend });
    }
    if is_read_only_filesystem(directory_of(path)) {
        let why = "its file system is read-only".to_owned();
        return Err(StateError::ReadOnly { path: path.to_path_buf(), why, mend: None });
    }
    Ok(())
}

/// Refuses files that are not state files, or have an unknown format.
fn check_header(path: &Path, metadata: &Metadata) -> Result<(), StateError> {
    if metadata.len() == 0 {
        // SQLite would discard the log, which may hold all runs.
        let log = with_suffix(path, LOG);
        if fs::symlink_metadata(&log).is_ok_and(|log| log.len() > 0) {
            let detail = format!("it is empty, but {} beside it is not", log.display());
            return Err(StateError::Corrupt { path: path.to_path_buf(), detail });
        }
        return Ok(());
    }
    let header =
        header::read(path).map_err(|source| StateError::Io { path: path.to_path_buf(), doing: "read", source })?;
    if !header.starts_with(header::MAGIC) || header.len() < header::SIZE {
        let what = "it is no SQLite database".to_owned();
        if high_water::is_kept(path) {
            // It used to be a state file.
            return Err(StateError::Corrupt { path: path.to_path_buf(), detail: what });
        }
        return Err(StateError::NotState { path: path.to_path_buf(), what });
    }
    if number_at(&header, APPLICATION_ID_AT) != APPLICATION_ID {
        let what = "it is another program's database".to_owned();
        return Err(StateError::NotState { path: path.to_path_buf(), what });
    }
    let format = i64::from(number_at(&header, USER_VERSION_AT));
    if format > FORMAT {
        let hoist = super::schema::version_in(path);
        return Err(StateError::Newer { path: path.to_path_buf(), format, known: FORMAT, hoist });
    }
    Ok(())
}

fn number_at(header: &[u8], at: usize) -> i32 {
    i32::from_be_bytes([header[at], header[at + 1], header[at + 2], header[at + 3]])
}

/// Resolves links in the path of the file's directory, so that SQLite can be told to follow none.
fn resolve(path: &Path) -> Result<PathBuf, StateError> {
    let directory = directory_of(path);
    let resolved = fs::canonicalize(directory).map_err(|source| StateError::Io {
        path: directory.to_path_buf(),
        doing: "resolve",
        source,
    })?;
    Ok(resolved.join(path.file_name().unwrap_or_default()))
}

fn user_name(uid: Uid) -> String {
    User::from_uid(uid).ok().flatten().map_or_else(|| uid.to_string(), |user| user.name)
}
