//! Connections to a verified state file.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};

use rusqlite::config::DbConfig;
use rusqlite::{Connection, MAIN_DB, OpenFlags, Transaction, TransactionBehavior};

use super::companions::{LOG, with_suffix};
use super::error::StateError;
use super::file_place::FilePlace;
use super::reserve::Reserve;
use super::{high_water, identity, integrity, open_checks, schema, unwritable};

/// How long another process may hold the file for one transaction: many times the flush of the slowest disk.
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// The pause before a retry of operations for which SQLite's busy timeout does not apply.
const BUSY_PAUSE: Duration = Duration::from_millis(5);

/// The number of cached prepared statements: more than one transaction needs.
const STATEMENTS: usize = 32;

/// A connection, and the file's path as given by the user.
#[derive(Debug)]
pub(super) struct Database {
    pub(super) connection: Connection,
    pub(super) path: PathBuf,
    place: FilePlace,
    /// The file's identity, once something was written.
    id: Option<String>,
    /// Whether the file was found to be sound.
    checked: bool,
    /// Whether the connection is read-only.
    only_reads: bool,
    /// Last, so that it is dropped after the connection: closing frees space, in which the reserve is restored.
    reserve: Arc<Reserve>,
}

impl Database {
    /// Opens the file, creating it if it does not exist.
    pub(super) fn open(path: &Path) -> Result<Self, StateError> {
        if let Some(database) = Self::open_existing(path)? {
            return Ok(database);
        }
        open_checks::create(path)?;
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
        let resolved = open_checks::check(path)?;
        high_water::check_there(path)?;
        let Some(resolved) = resolved else { return Ok(None) };
        let failed = |error: rusqlite::Error| StateError::sqlite(path, "begin to work", &error);
        let place = FilePlace::of(path)?;
        let has_log = std::fs::metadata(with_suffix(path, LOG)).is_ok_and(|log| log.len() > 0);
        let flags =
            OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
        let mut connection = Connection::open_with_flags(&resolved, flags).map_err(failed)?;
        prepare(&connection).map_err(failed)?;
        if let Err(error) = schema::migrate(&mut connection, path) {
            // A refused file stays unchanged: its log is not checkpointed either.
            let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
            return Err(error);
        }
        if connection.is_readonly(MAIN_DB).map_err(failed)? {
            let why = "SQLite may only read it".to_owned();
            return Err(StateError::ReadOnly { path: path.to_path_buf(), why, mend: None });
        }
        write_ahead(&connection).map_err(failed)?;
        place.check()?;
        // Its log stays unchanged until the file is known to be sound.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log).map_err(failed)?;
        Ok(Some(Self::with(connection, path, place, false)))
    }

    fn with(connection: Connection, path: &Path, place: FilePlace, only_reads: bool) -> Self {
        let reserve = Arc::new(Reserve::of(path));
        Self { connection, path: path.to_path_buf(), place, id: None, checked: false, only_reads, reserve }
    }

    /// Opens the file, if it exists, for reading: works without free space and without write permission, too.
    pub(super) fn open_to_read(path: &Path) -> Result<Option<Self>, StateError> {
        use StateError::{Disk, Full, ReadOnly};
        let unwritable = match Self::open_existing(path) {
            Err(error @ (Full { .. } | ReadOnly { .. } | Disk { .. })) => error,
            other => return other,
        };
        let Some(resolved) = open_checks::check_to_read(path)? else { return Ok(None) };
        let failed = |error: rusqlite::Error| StateError::sqlite(path, "read", &error);
        let place = FilePlace::of(path)?;
        let connection = unwritable::open(&resolved, BUSY_TIMEOUT).map_err(failed)?;
        connection.set_prepared_statement_cache_capacity(STATEMENTS);
        // An earlier format would have to be migrated first.
        if schema::format_of(&connection).map_err(failed)? != schema::FORMAT {
            return Err(unwritable);
        }
        place.check()?;
        Ok(Some(Self::with(connection, path, place, true)))
    }

    /// Replaces the reserve.
    pub(super) fn keeping(self, reserve: Reserve) -> Self {
        Self { reserve: Arc::new(reserve), ..self }
    }

    /// Opens another connection to the file, for concurrent work.
    pub(super) fn another(&self) -> Result<Self, StateError> {
        self.place.check()?;
        let gone = || StateError::Replaced { path: self.path.clone(), what: "was removed" };
        let other = Self::open_existing(&self.path)?.ok_or_else(gone)?;
        let mut other = Self { reserve: self.reserve.clone(), ..other };
        other.trust()?;
        Ok(other)
    }

    /// Fails if the file is damaged, as far as can be seen without reading journals.
    pub(super) fn check_once(&mut self) -> Result<(), StateError> {
        if !self.checked {
            high_water::check(&self.path, &self.connection)?;
            integrity::check_structure(&self.connection, &self.path)?;
            integrity::check_schema(&self.connection, &self.path, schema::FORMAT)?;
            self.trust()?;
        }
        Ok(())
    }

    /// Marks the file as sound, since it was checked by another connection.
    pub(super) fn trust(&mut self) -> Result<(), StateError> {
        self.checked = true;
        if self.only_reads {
            return Ok(());
        }
        let set = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false);
        set.map(drop).map_err(self.failed("begin to work"))
    }

    /// Commits the writes of `work` atomically. `work` may be called twice: if there is no space, a tear-down uses the
    /// reserve.
    pub(super) fn write<T>(
        &mut self,
        doing: &'static str,
        tears_down: bool,
        mut work: impl FnMut(&Transaction<'_>, &dyn Fn(rusqlite::Error) -> StateError) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        let may_spend = tears_down || self.reserve.is_for_an_end();
        match self.try_write(doing, &mut work) {
            Err(StateError::Full { .. }) if may_spend && self.reserve.give_up() => self.try_write(doing, &mut work),
            Ok(done) => {
                self.reserve.written(may_spend);
                Ok(done)
            }
            failed => failed,
        }
    }

    fn try_write<T>(
        &mut self,
        doing: &'static str,
        work: &mut impl FnMut(&Transaction<'_>, &dyn Fn(rusqlite::Error) -> StateError) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        let failed = self.failed(doing);
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate).map_err(&failed)?;
        let done = work(&transaction, &failed)?;
        let commits = high_water::count(&transaction).map_err(&failed)?;
        if self.id.is_none() {
            self.id = identity::ensure(&transaction).and_then(|()| identity::read(&transaction)).map_err(&failed)?;
        }
        self.place.check()?;
        transaction.commit().map_err(&failed)?;
        self.place.committed()?;
        self.id.iter().for_each(|id| high_water::keep(&self.path, id, commits));
        Ok(done)
    }

    /// Returns a conversion of SQLite's errors into errors that name this file.
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

/// Switches to write-ahead logging, a setting that SQLite stores in the file. Called after the first migration, so that
/// the file's header identifies it from the beginning.
fn write_ahead(connection: &Connection) -> rusqlite::Result<()> {
    let deadline = Instant::now() + BUSY_TIMEOUT;
    loop {
        // SQLite's busy timeout does not apply if two connections switch at once.
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
