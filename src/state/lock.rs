//! One writer a run: who holds it, since when, and when that may be doubted.

use std::fmt;
use std::sync::mpsc::{RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use jiff::Timestamp;
use rusqlite::{Connection, OptionalExtension, Row, params};
use serde::Serialize;

use super::connection::Database;
use super::error::StateError;
use super::journal::JournalStore;
use super::owner::{self, Owner};
use super::run_row::{RunId, nanoseconds, timestamp};
use crate::engine::Store;

/// How often the holder of a run gives a sign of life.
pub const HEARTBEAT: Duration = Duration::from_secs(5);

/// After this long without a sign of life a run may be taken over: six heartbeats, so that a slow disk or a busy machine
/// costs nobody the lock. A holder on the same machine that is known to have ended is not waited for at all.
pub const STALE_AFTER: Duration = Duration::from_secs(30);

/// Who holds a run.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LockInfo {
    /// `user@host`.
    pub owner: String,
    /// The host's name.
    pub host: String,
    /// The process on that host.
    pub pid: i32,
    /// Since when.
    pub since: Timestamp,
    /// Its last sign of life.
    pub heartbeat: Timestamp,
}

impl fmt::Display for LockInfo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (process {}) since {:.0}", self.owner, self.pid, self.since)
    }
}

/// A lock as the state file holds it.
#[derive(Clone, Debug)]
pub(super) struct LockRow {
    pub(super) info: LockInfo,
    started: Option<i64>,
    place: Option<String>,
    /// The uptime of its host at its last sign of life.
    uptime: Option<Duration>,
}

/// Now, by the clock on the wall and by the one that nobody sets.
#[derive(Clone, Copy, Debug)]
pub(super) struct Moment {
    wall: Timestamp,
    uptime: Option<Duration>,
}

impl Moment {
    pub(super) fn now() -> Self {
        Self { wall: Timestamp::now(), uptime: owner::uptime() }
    }

    fn uptime_milliseconds(self) -> Option<i64> {
        self.uptime.and_then(|uptime| i64::try_from(uptime.as_millis()).ok())
    }
}

impl LockRow {
    pub(super) const COLUMNS: &str = "locks.owner, locks.host, locks.pid, locks.since, locks.heartbeat, locks.started, locks.place, locks.heartbeat_uptime";

    /// Reads [`LockRow::COLUMNS`] from column `at` on; none where the run has no lock.
    pub(super) fn read(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Self>> {
        let Some(owner) = row.get(at)? else { return Ok(None) };
        let uptime: Option<i64> = row.get(at + 7)?;
        Ok(Some(Self {
            info: LockInfo {
                owner,
                host: row.get(at + 1)?,
                pid: row.get(at + 2)?,
                since: timestamp(row, at + 3)?,
                heartbeat: timestamp(row, at + 4)?,
            },
            started: row.get(at + 5)?,
            place: row.get(at + 6)?,
            uptime: uptime.and_then(|uptime| u64::try_from(uptime).ok()).map(Duration::from_millis),
        }))
    }

    /// How long the holder is silent, as `me` sees it; none where it is known to have ended.
    ///
    /// The uptime counts where both run on the same boot of the same machine, so that setting the clock changes nothing.
    /// Elsewhere the clocks on the wall are all there is, and a heartbeat from the future is as old as it is far away:
    /// otherwise one that was written before a clock was set back would hold the run until then.
    pub(super) fn silence(&self, me: &Owner, now: Moment) -> Option<Duration> {
        if self.place.is_some() && self.place == me.place || self.place.is_none() && self.info.host == me.host {
            if !owner::is_alive(self.info.pid, self.started) {
                return None;
            }
            if let (Some(then), Some(now)) = (self.uptime, now.uptime) {
                return Some(now.abs_diff(then));
            }
        } else if self.info.host == me.host
            && let (Some(theirs), Some(mine)) = (&self.place, &me.place)
            && Owner::boot(theirs) != Owner::boot(mine)
        {
            // The machine was started anew since.
            return None;
        }
        Some(now.wall.duration_since(self.info.heartbeat).unsigned_abs())
    }

    /// Whether the lock still counts, as `me` sees it.
    pub(super) fn holds(&self, me: &Owner, now: Moment) -> bool {
        self.silence(me, now).is_some_and(|silence| silence < STALE_AFTER)
    }
}

/// Takes a run's lock inside a transaction; gives the token that proves it.
pub(super) fn take(
    connection: &Connection,
    path: &std::path::Path,
    run: RunId,
    name: &str,
    me: &Owner,
) -> Result<String, StateError> {
    let failed = |error: rusqlite::Error| StateError::sqlite(path, "take the lock", &error);
    let now = Moment::now();
    let query = format!("SELECT {} FROM locks WHERE run = ?1", LockRow::COLUMNS);
    let found = connection.query_row(&query, [run.0], |row| LockRow::read(row, 0)).optional().map_err(failed)?;
    if let Some(lock) = found.flatten()
        && let Some(quiet) = lock.silence(me, now).filter(|silence| *silence < STALE_AFTER)
    {
        return Err(StateError::Held { name: name.to_owned(), by: Box::new(lock.info), quiet });
    }
    connection
        .query_row(
            "INSERT OR REPLACE INTO locks
                 (run, token, owner, host, pid, started, place, since, heartbeat, heartbeat_uptime)
             VALUES (?1, lower(hex(randomblob(16))), ?2, ?3, ?4, ?5, ?6, ?7, ?7, ?8) RETURNING token",
            params![
                run.0,
                me.to_string(),
                me.host,
                me.pid,
                me.started,
                me.place,
                nanoseconds(now.wall),
                now.uptime_milliseconds()
            ],
            |row| row.get(0),
        )
        .map_err(failed)
}

/// A run that this process may write to; dropping it gives the run free.
///
/// Dropping waits for what is being written, but not for batches that were not handed over yet: those are refused.
#[derive(Debug)]
pub struct RunLock {
    held: Arc<Held>,
    heart: Option<(Sender<()>, JoinHandle<()>)>,
}

/// What the lock's heart and its stores share.
#[derive(Debug)]
pub(super) struct Held {
    pub(super) run: RunId,
    pub(super) name: String,
    pub(super) token: String,
    inner: Mutex<Writer>,
}

/// The connection of a lock.
#[derive(Debug)]
pub(super) struct Writer {
    pub(super) database: Database,
    /// The last record's number, once it is known.
    pub(super) last: Option<u64>,
}

impl RunLock {
    pub(super) fn new(database: Database, run: RunId, name: String, token: String) -> Result<Self, StateError> {
        let path = database.path.clone();
        let held = Arc::new(Held { run, name, token, inner: Mutex::new(Writer { database, last: None }) });
        let mut lock = Self { held, heart: None };
        let heart = Held::beat_every(lock.held.clone(), HEARTBEAT);
        // Where no thread could be had, dropping the lock gives the run free.
        lock.heart = Some(heart.map_err(|source| StateError::Io { path, doing: "start the heartbeat for", source })?);
        Ok(lock)
    }

    /// The run that is held.
    pub fn run(&self) -> RunId {
        self.held.run
    }

    /// The run's journal, to write to for as long as the lock is held.
    pub fn store(&self) -> Arc<dyn Store> {
        Arc::new(JournalStore::new(self.held.clone()))
    }
}

impl Drop for RunLock {
    fn drop(&mut self) {
        if let Some((stop, heart)) = self.heart.take() {
            drop(stop);
            // A heart that panicked has nothing to say here; the lock goes either way.
            let _ = heart.join();
        }
        let writer = self.held.writer();
        let delete = "DELETE FROM locks WHERE run = ?1 AND token = ?2";
        // Where even this fails, the next process finds that this one has ended.
        let _ = writer.database.connection.execute(delete, params![self.held.run.0, self.held.token]);
    }
}

impl Held {
    pub(super) fn writer(&self) -> MutexGuard<'_, Writer> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Gives signs of life until the sender is dropped or the lock is lost.
    fn beat_every(held: Arc<Self>, interval: Duration) -> std::io::Result<(Sender<()>, JoinHandle<()>)> {
        let (stop, stopped) = channel::<()>();
        let beat = move || {
            while stopped.recv_timeout(interval) == Err(RecvTimeoutError::Timeout) {
                // A busy or full disk may let the next one pass.
                if held.beat() == Ok(false) {
                    return;
                }
            }
        };
        let heart = std::thread::Builder::new().name("heartbeat".to_owned()).spawn(beat)?;
        Ok((stop, heart))
    }

    /// Gives one sign of life; false when the lock is another's.
    fn beat(&self) -> rusqlite::Result<bool> {
        let now = Moment::now();
        let update = "UPDATE locks SET heartbeat = ?3, heartbeat_uptime = ?4 WHERE run = ?1 AND token = ?2";
        let parameters = params![self.run.0, self.token, nanoseconds(now.wall), now.uptime_milliseconds()];
        let changed = self.writer().database.connection.execute(update, parameters)?;
        Ok(changed == 1)
    }
}

#[cfg(test)]
mod tests;
