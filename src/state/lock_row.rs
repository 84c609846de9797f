//! Locks in the state file, and their expiry.

use std::time::Duration;

use jiff::Timestamp;
use rusqlite::Row;

use super::lock_holder::LockHolder;
use super::owner::{self, Owner};
use super::time_column::timestamp;

/// The time without a heartbeat after which a lock may be taken over: six heartbeats, so that a slow disk or a busy
/// machine does not lose the lock. A lock whose holder on the same machine is known to have ended may be taken over at
/// once.
pub const STALE_AFTER: Duration = Duration::from_secs(30);

/// A lock in the state file.
#[derive(Clone, Debug)]
pub(super) struct LockRow {
    pub(super) info: LockHolder,
    pub(super) started: Option<i64>,
    pub(super) place: Option<String>,
    /// The uptime of its host at its last heartbeat.
    pub(super) uptime: Option<Duration>,
}

/// The current time of the wall clock and of the monotonic one.
#[derive(Clone, Copy, Debug)]
pub(super) struct LockClock {
    pub(super) wall: Timestamp,
    pub(super) uptime: Option<Duration>,
}

impl LockClock {
    pub(super) fn now() -> Self {
        Self { wall: Timestamp::now(), uptime: owner::uptime() }
    }

    pub(super) fn uptime_milliseconds(self) -> Option<i64> {
        self.uptime.and_then(|uptime| i64::try_from(uptime.as_millis()).ok())
    }
}

impl LockRow {
    pub(super) const COLUMNS: &str = "locks.owner, locks.host, locks.pid, locks.since, locks.heartbeat, locks.started, locks.place, locks.heartbeat_uptime";

    /// Reads [`LockRow::COLUMNS`] from column `at` on; `None` without a lock.
    pub(super) fn read(row: &Row<'_>, at: usize) -> rusqlite::Result<Option<Self>> {
        let Some(owner) = row.get(at)? else { return Ok(None) };
        let uptime: Option<i64> = row.get(at + 7)?;
        Ok(Some(Self {
            info: LockHolder {
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

    /// Returns the time since the holder's last heartbeat, as seen by `me`; `None` if the holder is known to have
    /// ended.
    ///
    /// Uses the uptime if both run on the same boot of the same machine, so that setting the clock has no effect.
    /// Otherwise only wall clocks are available, and a heartbeat in the future is considered as old as it is far away:
    /// otherwise one from before a clock was set back would hold the run until then.
    pub(super) fn silence(&self, me: &Owner, now: LockClock) -> Option<Duration> {
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
            // The machine was restarted since.
            return None;
        }
        Some(now.wall.duration_since(self.info.heartbeat).unsigned_abs())
    }

    /// Whether the lock is still valid, as seen by `me`.
    pub(super) fn holds(&self, me: &Owner, now: LockClock) -> bool {
        self.silence(me, now).is_some_and(|silence| silence < STALE_AFTER)
    }
}
