//! The operations of commands on the state file.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rusqlite::{Connection, params};

use super::companions::{HEAD, with_suffix};
use super::connection::Database;
use super::error::StateError;
use super::lock;
use super::lock_kind::LockKind;
use super::owner::Owner;
use super::peek::peek;
use super::reserve::{NoReserve, Reserve};
use super::run_lock::{self, RunLock};
use super::run_row::{NewRun, RunId, RunRow};
use super::run_rows::RunRows;
use super::run_seal::{RunFacts, RunHead, SealedRun};
use super::time_column::nanoseconds;
use super::{identity, journal_row, reserve};
use crate::engine::{JournalEntry, ProgramOutput, RunEvent, RunStatus, Summary};
use crate::plan::Plan;

/// The least similarity (Jaro-Winkler) of suggested names, and their greatest number.
const ALIKE: f64 = 0.75;
const NEAREST: usize = 3;

/// The least number of empty pages (1 MiB) for which the file is rewritten.
const MANY_PAGES: i64 = 256;

/// The state file. Its methods block on the disk, and on other processes.
#[derive(Debug)]
pub struct StateFile {
    database: Mutex<Database>,
}

impl StateFile {
    /// Opens the file; creates it and its parent directories if it does not exist.
    pub fn open(path: &Path) -> Result<Self, StateError> {
        Database::open(path).map(|database| Self { database: Mutex::new(database) })
    }

    /// Opens the file if it exists, for commands that only read: works on a full disk and without write permission,
    /// too.
    pub fn open_to_read(path: &Path) -> Result<Option<Self>, StateError> {
        let database = Database::open_to_read(path)?;
        Ok(database.map(|database| Self { database: Mutex::new(database) }))
    }

    /// Opens the file if it exists, for commands that change its records.
    pub fn open_existing(path: &Path) -> Result<Option<Self>, StateError> {
        let database = Database::open_existing(path)?;
        Ok(database.map(|database| Self { database: Mutex::new(database) }))
    }

    /// The same for a command that tears something down: if there is no space to record that, it uses the reserve.
    pub fn open_to_end(path: &Path) -> Result<Option<Self>, StateError> {
        let reserve = Reserve::for_an_end(path);
        let opened = match Database::open_existing(path) {
            Err(StateError::Full { .. }) if reserve.give_up() => Database::open_existing(path),
            other => other,
        };
        Ok(opened?.map(|database| Self { database: Mutex::new(database.keeping(reserve)) }))
    }

    /// Returns the count file beside the state file at `path`, if it exists.
    pub fn count_beside(path: &Path) -> Option<PathBuf> {
        Some(with_suffix(path, HEAD)).filter(|count| count.symlink_metadata().is_ok())
    }

    /// Returns the file's unique identity: 32 hexadecimal digits, which stay the same even if the file is moved.
    pub fn id(&self) -> Result<String, StateError> {
        let database = self.database();
        // A file from before identifiers existed gets one here.
        let found = identity::ensure(&database.connection).and_then(|()| identity::read(&database.connection));
        let found = found.map_err(database.failed("read which file it is"))?;
        found.filter(|id| id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).ok_or_else(|| {
            StateError::Corrupt { path: database.path.clone(), detail: "it does not say which file it is".to_owned() }
        })
    }

    /// Returns why there is no reserve for recording tear-downs on a full disk, if there is none.
    pub fn lacks_reserve(&self) -> Option<NoReserve> {
        reserve::lack(&self.database().path)
    }

    /// Returns the names of runs for completions: quickly, and an empty list in case of errors. With `all`, includes
    /// ended ones.
    pub fn names(path: &Path, all: bool) -> Vec<String> {
        peek(path, |connection| names(connection, all)).unwrap_or_default()
    }

    /// Creates a run and takes its lock.
    pub fn create_run(&self, new: &NewRun<'_>, owner: &Owner) -> Result<(RunId, RunLock), StateError> {
        let mut database = self.sound()?;
        let own = self.connect(&database)?;
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
        let (run, token) = database.write("create the run", false, |transaction, failed| {
            let now = nanoseconds(jiff::Timestamp::now());
            let inserted = transaction.query_row(
                &format!(
                    "INSERT INTO runs (name, tag, plan_name, plan_file, plan, created_at, updated_at, summary)
                     VALUES (?1, ?1 || '.' || lower(hex(randomblob(6))), ?2, ?3, ?4, ?5, ?5, ?6) RETURNING {}",
                    RunFacts::COLUMNS.replace("runs.", "")
                ),
                params![new.name, new.plan.name, new.plan.file.to_string_lossy(), plan, now, summary],
                RunFacts::read,
            );
            let facts = match inserted {
                Err(error) if error.sqlite_error_code() == Some(rusqlite::ErrorCode::ConstraintViolation) => {
                    let by = lock::holder(transaction, LockKind::Run, new.name, owner).map_err(failed)?;
                    return Err(StateError::NameTaken { subject: LockKind::Run, name: new.name.to_owned(), by });
                }
                other => other.map_err(failed)?,
            };
            let run = RunId(facts.id);
            let head = RunHead::new(&facts.tag, &plan);
            SealedRun::new(facts, head).write(transaction).map_err(failed)?;
            Ok((run, lock::take(transaction, &path, run_lock::target(run, new.name), owner)?))
        })?;
        Ok((run, RunLock::new(own, run, new.name, token)?))
    }

    /// Takes the lock of a run, unless its holder is known or believed to be alive.
    pub fn lock(&self, run: RunId, owner: &Owner) -> Result<RunLock, StateError> {
        let mut database = self.sound()?;
        let own = self.connect(&database)?;
        let path = database.path.clone();
        let (name, token) = database.write("take the lock", false, |transaction, failed| {
            let name = existing(transaction, failed, run, &path)?.facts.name;
            let token = lock::take(transaction, &path, run_lock::target(run, &name), owner)?;
            Ok((name, token))
        })?;
        RunLock::new(own, run, &name, token)
    }

    /// Returns runs in the order of their creation: those that have not ended, or all.
    ///
    /// # Errors
    /// [`StateError::Corrupt`] if a run is damaged: a list without it would hide its instances.
    pub fn runs(&self, all: bool) -> Result<Vec<RunRow>, StateError> {
        self.read("list the runs", |connection, path, failed| {
            let runs = RunRows::read(connection).map_err(failed)?.all_sound(path)?;
            Ok(runs.into_iter().filter(|run| all || run.ended_at.is_none()).collect())
        })
    }

    /// Returns the run of that name that has not ended, or else the newest ended one, or else the run with that tag.
    pub fn find(&self, name: &str) -> Result<RunRow, StateError> {
        self.read("look for the run", |connection, path, failed| {
            let rows = RunRows::read(connection).map_err(failed)?;
            let mut named: Vec<&RunRow> = rows.sound.iter().filter(|run| run.name == name || run.tag == name).collect();
            named.sort_by_key(|run| (run.name == name, run.ended_at.is_none(), run.id));
            match named.pop() {
                Some(run) if run.ended_at.is_none() || run.tag == name => Ok(run.clone()),
                // A damaged run might be the requested one.
                _ if !rows.damaged.is_empty() => Err(rows.broken(path)),
                Some(run) => Ok(run.clone()),
                None => {
                    let mut known: Vec<String> = rows.sound.iter().map(|run| run.name.clone()).collect();
                    known.sort();
                    known.dedup();
                    let nearest = nearest(name, known);
                    Err(StateError::RunNotFound { name: name.to_owned(), path: path.to_path_buf(), nearest })
                }
            }
        })
    }

    /// The plan that a run was created with, and its journal.
    pub fn load(&self, run: RunId) -> Result<(Plan, Vec<JournalEntry>), StateError> {
        self.read("read the run", |connection, path, failed| {
            let corrupt = |detail: String| StateError::Corrupt { path: path.to_path_buf(), detail };
            let sealed = existing(connection, failed, run, path)?;
            let text: String = connection
                .query_row("SELECT plan FROM runs WHERE id = ?1", [run.0], |row| row.get(0))
                .map_err(failed)?;
            let plan = serde_json::from_str(&text)
                .map_err(|error| corrupt(format!("the plan of run {run} cannot be read: {error}")))?;
            let SealedRun { facts, head, .. } = &sealed;
            if head.plan != RunHead::new(&facts.tag, &text).plan {
                return Err(corrupt(format!("the plan of run {run} ({}) is not what was written", facts.name)));
            }
            let mut records = Vec::new();
            journal_row::records(connection, path, &sealed, 0, |record| records.push(record))?;
            let ended = records.iter().any(|record| matches!(record.event, RunEvent::Ended { .. }));
            if ended != facts.ended_at.is_some() {
                return Err(corrupt(format!(
                    "whether run {run} ({}) has ended, its journal says otherwise",
                    facts.name
                )));
            }
            Ok((plan, records))
        })
    }

    /// Calls `each` with the records of a run after number `after`, without keeping them in memory.
    pub fn records(&self, run: RunId, after: u64, each: impl FnMut(JournalEntry)) -> Result<(), StateError> {
        self.read("read the journal", |connection, path, failed| {
            let Some(found) = SealedRun::find(connection, run.0).map_err(failed)? else { return Ok(()) };
            let sealed = found.map_err(|damage| StateError::corrupt(path, &[damage]))?;
            journal_row::records(connection, path, &sealed, after, each)
        })
    }

    /// Returns the output of a service's programs, oldest first; of all services if none is named.
    pub fn outputs(&self, run: RunId, service: Option<&str>) -> Result<Vec<ProgramOutput>, StateError> {
        self.read("read what programs printed", |connection, path, failed| {
            let Some(found) = SealedRun::find(connection, run.0).map_err(failed)? else { return Ok(Vec::new()) };
            let sealed = found.map_err(|damage| StateError::corrupt(path, &[damage]))?;
            journal_row::outputs(connection, path, &sealed, service)
        })
    }

    /// Deletes the records of a run that has ended and is not locked.
    pub fn forget(&self, run: RunId) -> Result<(), StateError> {
        self.forget_all(&[run])
    }

    /// The same for several runs; stops at the first that cannot be forgotten.
    pub fn forget_all(&self, runs: &[RunId]) -> Result<(), StateError> {
        let forgotten = runs.iter().try_for_each(|run| self.delete(*run));
        self.give_space_back();
        forgotten
    }

    fn delete(&self, run: RunId) -> Result<(), StateError> {
        let mut database = self.sound()?;
        let path = database.path.clone();
        database.write("forget the run", true, |transaction, failed| {
            let facts = existing(transaction, failed, run, &path)?.facts;
            if facts.ended_at.is_none() {
                return Err(StateError::NotEnded { name: facts.name });
            }
            // This also reports the holder, if any.
            lock::take(transaction, &path, run_lock::target(run, &facts.name), &Owner::current())?;
            transaction.execute("DELETE FROM runs WHERE id = ?1", [run.0]).map(drop).map_err(failed)
        })
    }

    /// Shrinks the file, if much of it is free.
    pub fn give_space_back(&self) {
        give_space_back(&self.database().connection);
    }

    /// Reads in one transaction, for a consistent snapshot.
    fn read<T>(
        &self,
        doing: &'static str,
        read: impl FnOnce(&Connection, &Path, &dyn Fn(rusqlite::Error) -> StateError) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        let database = self.sound()?;
        let failed = database.failed(doing);
        let transaction = database.connection.unchecked_transaction().map_err(&failed)?;
        read(&transaction, &database.path, &failed)
    }

    /// Returns the database after checking it for damage, as far as is possible without reading journals.
    pub(super) fn sound(&self) -> Result<MutexGuard<'_, Database>, StateError> {
        let mut database = self.database();
        database.check_once()?;
        Ok(database)
    }

    pub(super) fn database(&self) -> MutexGuard<'_, Database> {
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Opens a separate connection for a lock, whose writes must not wait for this file's reads.
    pub(super) fn connect(&self, database: &Database) -> Result<Database, StateError> {
        database.another()
    }
}

/// Returns the run with this number, verified against its seal.
fn existing(
    connection: &Connection,
    failed: &dyn Fn(rusqlite::Error) -> StateError,
    run: RunId,
    path: &Path,
) -> Result<SealedRun, StateError> {
    match SealedRun::find(connection, run.0).map_err(failed)? {
        Some(Ok(sealed)) => Ok(sealed),
        Some(Err(damage)) => Err(StateError::corrupt(path, &[damage])),
        None => Err(StateError::RunNotFound { name: format!("#{run}"), path: path.to_path_buf(), nearest: Vec::new() }),
    }
}

fn names(connection: &Connection, all: bool) -> rusqlite::Result<Vec<String>> {
    let query = "SELECT DISTINCT name FROM runs WHERE ?1 OR ended_at IS NULL ORDER BY name";
    let mut query = connection.prepare(query)?;
    query.query_map([all], |row| row.get(0))?.collect()
}

/// Returns the names most similar to this one, the best first.
pub(super) fn nearest(name: &str, names: Vec<String>) -> Vec<String> {
    let mut alike: Vec<(f64, String)> = names
        .into_iter()
        .map(|other| (strsim::jaro_winkler(name, &other), other))
        .filter(|(likeness, _)| *likeness >= ALIKE)
        .collect();
    alike.sort_by(|a, b| b.0.total_cmp(&a.0));
    alike.into_iter().take(NEAREST).map(|(_, name)| name).collect()
}

/// Shrinks the file if much of it is free. Failures are harmless: the next run uses the space.
fn give_space_back(connection: &Connection) {
    let pragma = |name| connection.pragma_query_value(None, name, |row| row.get::<_, i64>(0));
    if let (Ok(free), Ok(pages)) = (pragma("freelist_count"), pragma("page_count"))
        && free > MANY_PAGES
        && free > pages / 4
    {
        // The disk space is freed once the log is checkpointed. The log itself is never truncated while it may be in
        // use: its users take that for damage.
        let _ = connection.execute_batch("VACUUM; PRAGMA wal_checkpoint(FULL)");
    }
}
