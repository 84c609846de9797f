//! Locks that give a run, an annex or a fleet a single writer, with heartbeats.

use std::path::Path;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, OptionalExtension, Transaction, params};

use super::connection::Database;
use super::error::StateError;
use super::lock_holder::LockHolder;
use super::lock_kind::LockKind;
use super::lock_row::{LockClock, LockRow, STALE_AFTER};
use super::owner::Owner;
use super::run_seal::SealedRun;
use super::time_column::nanoseconds;

/// The interval of heartbeats of the holder of a run, an annex or a fleet.
pub const HEARTBEAT: Duration = Duration::from_secs(5);

/// The target of a lock.
#[derive(Clone, Copy, Debug)]
pub(super) struct LockTarget<'a> {
    /// Its kind.
    pub(super) subject: LockKind,
    /// Its number in the file.
    pub(super) key: i64,
    /// Its name, for messages.
    pub(super) name: &'a str,
}

/// Takes a lock inside a transaction; returns the token that proves it.
pub(super) fn take(
    connection: &Connection,
    path: &Path,
    target: LockTarget<'_>,
    me: &Owner,
) -> Result<String, StateError> {
    let LockTarget { subject, key, name } = target;
    let (table, column) = (subject.locks(), subject.column());
    let failed = |error: rusqlite::Error| StateError::sqlite(path, "take the lock", &error);
    let now = LockClock::now();
    let query = format!("SELECT {} FROM {table} AS locks WHERE {column} = ?1", LockRow::COLUMNS);
    let found = connection.query_row(&query, [key], |row| LockRow::read(row, 0)).optional().map_err(failed)?;
    if let Some(lock) = found.flatten()
        && let Some(quiet) = lock.silence(me, now).filter(|silence| *silence < STALE_AFTER)
    {
        return Err(StateError::Held { subject, name: name.to_owned(), by: Box::new(lock.info), quiet });
    }
    let insert = format!(
        "INSERT OR REPLACE INTO {table}
             ({column}, token, owner, host, pid, started, place, since, heartbeat, heartbeat_uptime)
         VALUES (?1, lower(hex(randomblob(16))), ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8) RETURNING token"
    );
    let (wall, uptime) = (nanoseconds(now.wall), now.uptime_milliseconds());
    let parameters = params![key, me.to_string(), me.host, me.pid, me.started, me.place, wall, uptime];
    connection.query_row(&insert, parameters, |row| row.get(0)).map_err(failed)
}

/// Returns the holder of the run, annex or fleet of this name that has not ended, if the holder is known or believed
/// to be alive.
pub(super) fn holder(
    connection: &Connection,
    subject: LockKind,
    name: &str,
    me: &Owner,
) -> rusqlite::Result<Option<Box<LockHolder>>> {
    let (locks, column, rows) = (subject.locks(), subject.column(), subject.rows());
    let query = format!(
        "SELECT {} FROM {rows} AS held JOIN {locks} AS locks ON locks.{column} = held.id
         WHERE held.name = ?1 AND held.ended_at IS NULL",
        LockRow::COLUMNS
    );
    let found = connection.query_row(&query, [name], |row| LockRow::read(row, 0)).optional()?;
    let lock = found.flatten().filter(|lock| lock.holds(me, LockClock::now()));
    Ok(lock.map(|lock| Box::new(lock.info)))
}

/// A lock that this process holds; dropping it releases the lock.
///
/// Dropping waits for the write in progress, but not for data that was not submitted yet: that is refused.
#[derive(Debug)]
pub(super) struct Lock {
    pub(super) held: Arc<LockGuardInner>,
    heart: Option<(Sender<()>, JoinHandle<()>)>,
}

/// The state shared by the lock's heartbeat and its journals.
#[derive(Debug)]
pub(super) struct LockGuardInner {
    pub(super) subject: LockKind,
    pub(super) key: i64,
    pub(super) name: String,
    pub(super) token: String,
    pub(super) inner: Mutex<Writer>,
}

/// The connection of a lock.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) database: Database,
    /// The run as last written, once known.
    pub(super) sealed: Option<SealedRun>,
}

impl Lock {
    /// Keeps a lock that was taken with this token.
    pub(super) fn new(database: Database, target: LockTarget<'_>, token: String) -> Result<Self, StateError> {
        let path = database.path.clone();
        let LockTarget { subject, key, name } = target;
        let inner = Mutex::new(Writer { database, sealed: None });
        let held = Arc::new(LockGuardInner { subject, key, name: name.to_owned(), token, inner });
        let mut lock = Self { held, heart: None };
        let heart = LockGuardInner::beat_every(lock.held.clone(), HEARTBEAT);
        // If no thread can be started, dropping the lock releases it.
        lock.heart = Some(heart.map_err(|source| StateError::Io { path, doing: "start the heartbeat for", source })?);
        Ok(lock)
    }
}

impl Drop for Lock {
    fn drop(&mut self) {
        if let Some((stop, heart)) = self.heart.take() {
            drop(stop);
            // A panic of the heartbeat is ignored; the lock is released either way.
            let _ = heart.join();
        }
        let LockGuardInner { subject, key, token, .. } = &*self.held;
        let delete = format!("DELETE FROM {} WHERE {} = ?1 AND token = ?2", subject.locks(), subject.column());
        // If this fails too, the next process finds that this one has ended.
        let _ = self.held.writer().database.connection.execute(&delete, params![key, token]);
    }
}

impl LockGuardInner {
    pub(super) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Fails unless this process still holds the lock.
    pub(super) fn check(
        &self,
        transaction: &Transaction<'_>,
        failed: &dyn Fn(rusqlite::Error) -> StateError,
    ) -> Result<(), StateError> {
        let (table, column) = (self.subject.locks(), self.subject.column());
        let token: Option<String> = transaction
            .prepare_cached(&format!("SELECT token FROM {table} WHERE {column} = ?1"))
            .and_then(|mut query| query.query_row([self.key], |row| row.get(0)).optional())
            .map_err(failed)?;
        if token.as_deref() == Some(self.token.as_str()) {
            return Ok(());
        }
        Err(StateError::LockLost { subject: self.subject, name: self.name.clone() })
    }

    /// Sends heartbeats until the sender is dropped or the lock is lost.
    pub(super) fn beat_every(held: Arc<Self>, interval: Duration) -> std::io::Result<(Sender<()>, JoinHandle<()>)> {
        let (stop, stopped) = channel::<()>();
        let beat = move || {
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                // A busy or full disk may recover until the next one.
                if held.beat() == Ok(false) {
                    return;
                }
            }
        };
        let heart = std::thread::Builder::new().name("heartbeat".to_owned()).spawn(beat)?;
        Ok((stop, heart))
    }

    /// Writes a heartbeat; returns false if another process has the lock.
    fn beat(&self) -> rusqlite::Result<bool> {
        let now = LockClock::now();
        let (table, column) = (self.subject.locks(), self.subject.column());
        let update =
            format!("UPDATE {table} SET heartbeat = ?3, heartbeat_uptime = ?4 WHERE {column} = ?1 AND token = ?2");
        let parameters = params![self.key, self.token, nanoseconds(now.wall), now.uptime_milliseconds()];
        let changed = self.writer().database.connection.execute(&update, parameters)?;
        Ok(changed == 1)
    }
}

#[cfg(test)]
mod tests;
