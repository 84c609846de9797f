//! Reads a state file beside which no file can be written: the disk is full, or write permission is missing.
//!
//! SQLite reads a database with a write-ahead log by an index of that log, which it creates in a file beside it. With
//! exclusive access it keeps the index in memory instead (<https://www.sqlite.org/wal.html#noshm>), and without a log
//! it needs none.

use std::fs;
use std::path::Path;
use std::time::Duration;

use rusqlite::config::DbConfig;
use rusqlite::{Connection, ErrorCode, OpenFlags};

use super::companions::{LOG, LOG_INDEX, directory_of, with_suffix};
use super::sqlite_error::is_read_only_filesystem;

/// SQLite's file access without locks, since locks need a writable file.
const WITHOUT_LOCKS: &str = "unix-none";

/// Opens the file for reading, creating no files where that is impossible. Waits up to `patience` for other processes.
pub(super) fn open(path: &Path, patience: Duration) -> rusqlite::Result<Connection> {
    let (has_log, has_index) = (has_log(path), holds_something(&with_suffix(path, LOG_INDEX)));
    if !is_protected(path) {
        // No other process uses it: it would have created the index, and the file could have been opened normally.
        match try_open(path, OpenFlags::SQLITE_OPEN_READ_WRITE, None, true, patience) {
            Err(error) if is_busy(&error) => return Err(error),
            Err(_) => {}
            opened => return opened,
        }
    }
    let reads = OpenFlags::SQLITE_OPEN_READ_ONLY;
    if has_log
        && has_index
        && let Ok(connection) = try_open(path, reads, None, false, patience)
    {
        return Ok(connection);
    }
    if has_log {
        return try_open(path, reads, Some(WITHOUT_LOCKS), true, patience);
    }
    let connection = open_immutable(path)?;
    prepare(&connection, false, false, patience)?;
    Ok(connection)
}

/// Opens a file that is not being written, without its log.
pub(super) fn open_immutable(path: &Path) -> rusqlite::Result<Connection> {
    let escaped: String = path.to_string_lossy().chars().map(escape_in_uri).collect();
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    // This keeps SQLite from locking, recovering or writing anything beside the file.
    Connection::open_with_flags(format!("file:{escaped}?immutable=1"), flags)
}

/// `alone`: takes exclusive access, and keeps the index of the log in memory.
fn try_open(
    path: &Path,
    access: OpenFlags,
    files: Option<&str>,
    alone: bool,
    patience: Duration,
) -> rusqlite::Result<Connection> {
    let flags = access | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = match files {
        Some(files) => Connection::open_with_flags_and_vfs(path, flags, files)?,
        None => Connection::open_with_flags(path, flags)?,
    };
    prepare(&connection, alone, has_log(path), patience)?;
    // SQLite reads the log only now.
    connection.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))?;
    Ok(connection)
}

fn prepare(connection: &Connection, alone: bool, has_log: bool, patience: Duration) -> rusqlite::Result<()> {
    connection.busy_timeout(patience)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    // An existing log is kept; one that SQLite created by opening is removed.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log)?;
    if alone {
        connection.pragma_update_and_check(None, "locking_mode", "EXCLUSIVE", |_| Ok(()))?;
    }
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    connection.pragma_update(None, "query_only", true)
}

fn has_log(path: &Path) -> bool {
    holds_something(&with_suffix(path, LOG))
}

fn holds_something(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|found| found.len() > 0)
}

/// Whether the place is write-protected, even if root could write.
fn is_protected(path: &Path) -> bool {
    use nix::unistd::{AccessFlags, access};
    let directory = directory_of(path);
    fs::metadata(path).is_ok_and(|found| found.permissions().readonly())
        || is_read_only_filesystem(directory)
        || access(directory, AccessFlags::W_OK).is_err()
}

fn is_busy(error: &rusqlite::Error) -> bool {
    matches!(error.sqlite_error_code(), Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked))
}

fn escape_in_uri(c: char) -> String {
    match c {
        '%' | '?' | '#' => format!("%{:02x}", c as u32),
        _ => c.to_string(),
    }
}
