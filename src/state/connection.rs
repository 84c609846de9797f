//! Connections to a state file that was checked.

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
    place: FilePlace,
    /// Which file it is, once something was written.
    id: Option<String>,
    /// Whether it was found to be sound.
    checked: bool,
    /// Whether nothing is written by way of it.
    only_reads: bool,
    /// Comes last: it is laid down again once the connection is closed, which gives room back.
    reserve: Arc<Reserve>,
}

impl Database {
    /// Opens the file, which is made if it does not exist.
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
            // A file that is refused stays as it is: its log is not worked into it either.
            let _ = connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true);
            return Err(error);
        }
        if connection.is_readonly(MAIN_DB).map_err(failed)? {
            let why = "SQLite may only read it".to_owned();
            return Err(StateError::ReadOnly { path: path.to_path_buf(), why, mend: None });
        }
        write_ahead(&connection).map_err(failed)?;
        place.check()?;
        // Until it is known to be sound, its log stays as it is.
        connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, has_log).map_err(failed)?;
        Ok(Some(Self::with(connection, path, place, false)))
    }

    fn with(connection: Connection, path: &Path, place: FilePlace, only_reads: bool) -> Self {
        let reserve = Arc::new(Reserve::of(path));
        Self { connection, path: path.to_path_buf(), place, id: None, checked: false, only_reads, reserve }
    }

    /// Opens the file, if it exists, for who only reads: also where there is no room, and where nothing may be written.
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
        // One of an earlier format would have to be rewritten first.
        if schema::format_of(&connection).map_err(failed)? != schema::FORMAT {
            return Err(unwritable);
        }
        place.check()?;
        Ok(Some(Self::with(connection, path, place, true)))
    }

    /// The same with this reserve.
    pub(super) fn keeping(self, reserve: Reserve) -> Self {
        Self { reserve: Arc::new(reserve), ..self }
    }

    /// Another connection to it, for what works beside this one.
    pub(super) fn another(&self) -> Result<Self, StateError> {
        self.place.check()?;
        let gone = || StateError::Replaced { path: self.path.clone(), what: "was removed" };
        let other = Self::open_existing(&self.path)?.ok_or_else(gone)?;
        let mut other = Self { reserve: self.reserve.clone(), ..other };
        other.trust()?;
        Ok(other)
    }

    /// Fails where something is damaged, as far as can be seen without reading journals.
    pub(super) fn check_once(&mut self) -> Result<(), StateError> {
        if !self.checked {
            high_water::check(&self.path, &self.connection)?;
            integrity::check_structure(&self.connection, &self.path)?;
            integrity::check_schema(&self.connection, &self.path, schema::FORMAT)?;
            self.trust()?;
        }
        Ok(())
    }

    /// Takes it for sound: another connection to it was checked.
    pub(super) fn trust(&mut self) -> Result<(), StateError> {
        self.checked = true;
        if self.only_reads {
            return Ok(());
        }
        let set = self.connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, false);
        set.map(drop).map_err(self.failed("begin to work"))
    }

    /// Commits what `work` writes, whole. It may be called twice: where there is no room, a tear-down gets the reserve.
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

/// Switches to write-ahead logging, which SQLite remembers in the file. Comes after the first migration, so that a
/// file's header tells from the beginning whose it is.
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
