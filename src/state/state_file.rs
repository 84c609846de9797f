//! The state file as the commands use it.

use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use rusqlite::{Connection, OpenFlags, OptionalExtension, TransactionBehavior, params};

use super::connection::Database;
use super::error::StateError;
use super::lock;
use super::lock_row::{LockRow, Moment};
use super::owner::Owner;
use super::run_lock::{self, RunLock};
use super::run_row::{NewRun, RunId, RunRow, nanoseconds, timestamp};
use super::subject::Subject;
use super::{file_check, record_row};
use crate::engine::{ProgramOutput, Record, RunStatus, Summary};
use crate::plan::Plan;

/// How long a shell waits for names while somebody presses a key.
const COMPLETION_TIMEOUT: Duration = Duration::from_millis(100);

/// Names are alike from here on (Jaro-Winkler), and no more than this many are shown.
const ALIKE: f64 = 0.75;
const NEAREST: usize = 3;

/// Fewer empty pages than this (1 MiB) are not worth rewriting the file.
const MANY_PAGES: i64 = 256;

/// The state file. Its calls wait for the disk, and for other processes.
#[derive(Debug)]
pub struct StateFile {
    database: Mutex<Database>,
}

impl StateFile {
    /// Opens the file; makes it, and the directories that lead to it, where it does not exist.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        Database::open(path).map(|database| Self { database: Mutex::new(database) })
    }

    /// Opens the file if it exists: for commands that only read.
    pub fn open_existing(path: &Path) -> Result<Option<Self>, StateError> {
        let database = Database::open_existing(path)?;
        Ok(database.map(|database| Self { database: Mutex::new(database) }))
    }

    /// The names of runs, for completions: quick, and nothing rather than an error. With `all`, those of ended runs too.
    pub fn names(path: &Path, all: bool) -> Vec<String> {
        peek(path, |connection| names(connection, all)).unwrap_or_default()
    }

    /// Creates a run and takes its lock.
    pub fn create_run(&self, new: &NewRun<'_>, owner: &Owner) -> Result<(RunId, RunLock), StateError> {
        let mut database = self.database();
        let own = self.connect(&database)?;
        let failed = database.failed("create the run");
        let path = database.path.clone();
        let unwritable = |error: serde_json::Error| StateError::Sqlite {
            path: path.clone(),
            doing: "write the plan",
            detail: error.to_string(),
        };
        let plan = serde_json::to_string(new.plan).map_err(unwritable)?;
        let services = new.plan.service_count();
        let summary = Summary { status: RunStatus::Booting, services, ready: 0, failed: 0, instances: 0 };
        let summary = serde_json::to_string(&summary).map_err(unwritable)?;

        let behavior = TransactionBehavior::Immediate;
        let transaction = database.connection.transaction_with_behavior(behavior).map_err(&failed)?;
        let now = nanoseconds(jiff::Timestamp::now());
        let inserted = transaction.execute(
            "INSERT INTO runs (name, tag, plan_name, plan_file, plan, created_at, updated_at, summary)
             VALUES (?1, ?1 || '.' || lower(hex(randomblob(6))), ?2, ?3, ?4, ?5, ?5, ?6)",
            params![new.name, new.plan.name, new.plan.file.to_string_lossy(), plan, now, summary],
        );
        match inserted {
            Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
                return Err(StateError::NameTaken { subject: Subject::Run, name: new.name.to_owned() });
            }
            other => other.map_err(&failed)?,
        };
        let run = RunId(transaction.last_insert_rowid());
        let token = lock::take(&transaction, &path, run_lock::target(run, new.name), owner)?;
        transaction.commit().map_err(&failed)?;
        Ok((run, RunLock::new(own, run, new.name, token)?))
    }

    /// Takes the lock of a run, if nobody holds it who is known or believed to be alive.
    pub fn lock(&self, run: RunId, owner: &Owner) -> Result<RunLock, StateError> {
        let mut database = self.database();
        let own = self.connect(&database)?;
        let failed = database.failed("take the lock");
        let path = database.path.clone();
        let behavior = TransactionBehavior::Immediate;
        let transaction = database.connection.transaction_with_behavior(behavior).map_err(&failed)?;
        let name = name_of(&transaction, run).map_err(&failed)?;
        let name = name.ok_or_else(|| unknown(run, &path))?;
        let token = lock::take(&transaction, &path, run_lock::target(run, &name), owner)?;
        transaction.commit().map_err(&failed)?;
        RunLock::new(own, run, &name, token)
    }

    /// Runs in the order in which they were created: those that have not ended, or all.
    pub fn runs(&self, all: bool) -> Result<Vec<RunRow>, StateError> {
        let database = self.database();
        let query = if all { "" } else { "WHERE ended_at IS NULL" };
        select(&database.connection, &format!("{query} ORDER BY id"), []).map_err(database.failed("list the runs"))
    }

    /// The run of that name that has not ended, else the newest that has.
    pub fn find(&self, name: &str) -> Result<RunRow, StateError> {
        let database = self.database();
        let failed = database.failed("look for the run");
        let query = "WHERE name = ?1 ORDER BY ended_at IS NOT NULL, id DESC LIMIT 1";
        let found = select(&database.connection, query, [name]).map_err(&failed)?;
        if let Some(run) = found.into_iter().next() {
            return Ok(run);
        }
        let nearest = nearest(name, names(&database.connection, true).map_err(&failed)?);
        Err(StateError::RunNotFound { name: name.to_owned(), path: database.path.clone(), nearest })
    }

    /// The plan that a run was created with, and its journal.
    pub fn load(&self, run: RunId) -> Result<(Plan, Vec<Record>), StateError> {
        let database = self.database();
        let failed = database.failed("read the run");
        // One transaction, so that both are of the same moment.
        let transaction = database.connection.unchecked_transaction().map_err(&failed)?;
        let plan: Option<String> = transaction
            .query_row("SELECT plan FROM runs WHERE id = ?1", [run.0], |row| row.get(0))
            .optional()
            .map_err(&failed)?;
        let plan = plan.ok_or_else(|| unknown(run, &database.path))?;
        let plan = serde_json::from_str(&plan).map_err(|error| StateError::Corrupt {
            path: database.path.clone(),
            detail: format!("the plan of run {run} cannot be read: {error}"),
        })?;
        let mut records = Vec::new();
        record_row::records(&transaction, &database.path, run, 0, |record| records.push(record))?;
        Ok((plan, records))
    }

    /// Gives `each` the records of a run that come after the one numbered `after`, without keeping them.
    pub fn records(&self, run: RunId, after: u64, each: impl FnMut(Record)) -> Result<(), StateError> {
        let database = self.database();
        record_row::records(&database.connection, &database.path, run, after, each)
    }

    /// What the programs of a service printed, oldest first; of every service where none is named.
    pub fn outputs(&self, run: RunId, service: Option<&str>) -> Result<Vec<ProgramOutput>, StateError> {
        let database = self.database();
        record_row::outputs(&database.connection, &database.path, run, service)
    }

    /// Deletes all that is recorded of a run that has ended and that nobody holds.
    pub fn forget(&self, run: RunId) -> Result<(), StateError> {
        let mut database = self.database();
        let failed = database.failed("forget the run");
        let path = database.path.clone();
        let behavior = TransactionBehavior::Immediate;
        let transaction = database.connection.transaction_with_behavior(behavior).map_err(&failed)?;
        let found = select(&transaction, "WHERE id = ?1", [run.0]).map_err(&failed)?.into_iter().next();
        let Some(row) = found else { return Err(unknown(run, &path)) };
        if row.ended_at.is_none() {
            return Err(StateError::NotEnded { name: row.name });
        }
        // Also tells who holds it, if somebody does.
        lock::take(&transaction, &path, run_lock::target(run, &row.name), &Owner::current())?;
        transaction.execute("DELETE FROM runs WHERE id = ?1", [run.0]).map_err(&failed)?;
        transaction.commit().map_err(&failed)?;
        give_space_back(&database.connection);
        Ok(())
    }

    pub(super) fn database(&self) -> MutexGuard<'_, Database> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A connection of its own for a lock, whose writes must not wait for our reads.
    pub(super) fn connect(&self, database: &Database) -> Result<Database, StateError> {
        Database::open_existing(&database.path)?.ok_or_else(|| StateError::Io {
            path: database.path.clone(),
            doing: "open the state file again",
            source: std::io::ErrorKind::NotFound.into(),
        })
    }
}

/// Reads from the file for somebody who presses a key: quickly or not at all, and without changing anything.
pub(super) fn peek<T>(path: &Path, read: impl FnOnce(&Connection) -> rusqlite::Result<T>) -> Option<T> {
    let path = file_check::check(path).ok()??;
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX | OpenFlags::SQLITE_OPEN_NOFOLLOW;
    let connection = Connection::open_with_flags(path, flags).ok()?;
    connection.busy_timeout(COMPLETION_TIMEOUT).ok()?;
    connection.pragma_update(None, "query_only", true).ok()?;
    read(&connection).ok()
}

fn select(connection: &Connection, rest: &str, parameters: impl rusqlite::Params) -> rusqlite::Result<Vec<RunRow>> {
    let (me, now) = (Owner::current(), Moment::now());
    let mut query = connection.prepare(&format!(
        "SELECT id, name, tag, plan_name, plan_file, created_at, updated_at, ended_at, summary, {}
         FROM runs LEFT JOIN locks ON locks.run = runs.id {rest}",
        LockRow::COLUMNS
    ))?;
    let rows = query.query_map(parameters, |row| {
        let plan_file: String = row.get(4)?;
        let ended_at: Option<i64> = row.get(7)?;
        Ok(RunRow {
            id: RunId(row.get(0)?),
            name: row.get(1)?,
            tag: row.get(2)?,
            plan_name: row.get(3)?,
            plan_file: plan_file.into(),
            created_at: timestamp(row, 5)?,
            updated_at: timestamp(row, 6)?,
            ended_at: ended_at.map(|_| timestamp(row, 7)).transpose()?,
            summary: record_row::json(row, 8)?,
            lock: LockRow::read(row, 9)?.filter(|lock| lock.holds(&me, now)).map(|lock| lock.info),
        })
    })?;
    rows.collect()
}

fn names(connection: &Connection, all: bool) -> rusqlite::Result<Vec<String>> {
    let query = "SELECT DISTINCT name FROM runs WHERE ?1 OR ended_at IS NULL ORDER BY name";
    let mut query = connection.prepare(query)?;
    query.query_map([all], |row| row.get(0))?.collect()
}

/// The names most like this one, the likeliest first.
pub(super) fn nearest(name: &str, names: Vec<String>) -> Vec<String> {
    let mut alike: Vec<(f64, String)> = names
        .into_iter()
        .map(|other| (strsim::jaro_winkler(name, &other), other))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0));
    alike.into_iter().take(NEAREST).map(|(_, name)| name).collect()
}

/// Makes the file smaller where much of it is empty. Whatever keeps this from being done harms nobody: the next run uses
/// the space.
fn give_space_back(connection: &Connection) {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if let (Ok(free), Ok(pages)) = (pragma("freelist_count"), pragma("page_count"))
        && free > MANY_PAGES
        && free > pages / 4
    {
        let _ = connection.execute_batch("VACUUM");
    }
}

fn name_of(connection: &Connection, run: RunId) -> rusqlite::Result<Option<String>> {
    connection.query_row("SELECT name FROM runs WHERE id = ?1", [run.0], |row| row.get(0)).optional()
}

fn unknown(run: RunId, path: &Path) -> StateError {
    StateError::RunNotFound { name: format!("#{run}"), path: path.to_path_buf(), nearest: Vec::new() }
}
