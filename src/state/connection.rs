//! Connections to a state file that was checked.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, MAIN_DB, OpenFlags};

use super::error::StateError;
use super::{file_check, schema};

/// How long another process may hold the file for one transaction: the slowest disk's flush, many times over.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// How long to wait before asking again what SQLite does not wait for by itself.
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// Prepared statements that are kept: more than there are in one transaction.
const STATEMENTS: usize = 32;

/// A connection, and the file's path as the user knows it.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
}

impl Database {
    /// Opens the file, which is made if it does not exist.
    pub(super) fn open(path: &Path) -> Result<Self, StateError> {
        if file_check::check(path)?.is_none() {
            file_check::create(path)?;
        }
        match Self::open_existing(path)? {
            Some(database) => Ok(database),
            None => Err(StateError::Io {
                path: path.to_path_buf(),
                doing: "open the state file",
                source: std::io::ErrorKind::NotFound.into(),
            }),
        }
    }

    /// Opens the file if it exists.
    pub(super) fn open_existing(path: &Path) -> Result<Option<Self>, StateError> {
        let Some(resolved) = file_check::check(path)? else { return Ok(None) };
        let failed = |error: rusqlite::Error| StateError::sqlite(path, "begin to work", &error);
        let flags =
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let mut connection = Connection::open_with_flags(&resolved, flags).map_err(failed)?;
        prepare(&connection).map_err(failed)?;
        if let Err(error) = schema::migrate(&mut connection, path) {
            // A file that is refused stays as it is: its log is not worked into it either.
            let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
            return Err(error);
        }
        if connection.is_readonly(MAIN_DB).map_err(failed)? {
            let why = "SQLite may only read it".to_owned();
            return Err(StateError::ReadOnly { path: path.to_path_buf(), why, mend: None });
        }
        write_ahead(&connection).map_err(failed)?;
        Ok(Some(Self { connection, path: path.to_path_buf() }))
    }

    /// Turns an error of SQLite into one that names this file.
    pub(super) fn failed(&self, doing: &'static str) -> impl Fn(rusqlite::Error) -> StateError + use<> {
        let path = self.path.clone();
        move |error| StateError::sqlite(&path, doing, &error)
    }
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(STATEMENTS);
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.pragma_update(None, "foreign_keys", true)?;
    connection.pragma_update(None, "synchronous", "FULL")
}

/// Switches to write-ahead logging, which SQLite remembers in the file. Comes after the first migration, so that a file's
/// header tells from the beginning whose it is.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let deadline = Instant::now() + BUSY_TIMEOUT;
    loop {
        // SQLite does not wait for this one where two connections want it at once.
        match connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get::<_, String>(0)) {
            Err(error) if is_busy(&error) && Instant::now() < deadline => std::thread::sleep(BUSY_PAUSE),
            other => return other.map(drop),
        }
    }
}

fn is_busy(error: &rusqlite::Error) -> bool {
    use rusqlite::ErrorCode::{DatabaseBusy, DatabaseLocked};
    matches!(error.sqlite_error_code(), Some(DatabaseBusy | DatabaseLocked))
}
