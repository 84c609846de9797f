//! Locks of fleets.

use std::sync::Arc;

use super::connection::Database;
use super::error::StateError;
use super::fleet_journal::SqliteFleetJournal;
use super::lock::{Lock, LockTarget};
use super::lock_kind::LockKind;
use crate::scaler::{Fleet, FleetId, FleetJournal, ScalerMemory};

/// A fleet that this process may write to; dropping it releases the fleet.
///
/// Dropping waits for the write in progress, but not for batches that were not submitted yet: those are refused.
#[derive(Debug)]
pub struct FleetLock {
    /// Keeps the fleet.
    _lock: Lock,
    fleet: Fleet,
    memory: Option<ScalerMemory>,
    journal: SqliteFleetJournal,
}

impl FleetLock {
    /// Keeps a lock that was taken with this token; `key` is the fleet's number in the file.
    pub(super) fn new(
        database: Database,
        key: i64,
        token: String,
        fleet: Fleet,
        memory: Option<ScalerMemory>,
    ) -> Result<Self, StateError> {
        let lock = Lock::new(database, target(key, &fleet.id), token)?;
        let journal = SqliteFleetJournal::new(fleet.id.clone(), lock.held.clone());
        Ok(Self { _lock: lock, fleet, memory, journal })
    }

    /// Returns the identity of the locked fleet.
    pub fn id(&self) -> &FleetId {
        &self.fleet.id
    }

    /// Returns the fleet as it was when the lock was taken.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// Returns the scaler's memory as it was when the lock was taken. None: no pass has been recorded.
    pub fn memory(&self) -> Option<&ScalerMemory> {
        self.memory.as_ref()
    }

    /// Returns the fleet's journal, writable while the lock is held.
    pub fn journal(&self) -> Arc<dyn FleetJournal> {
        Arc::new(self.journal.clone())
    }
}

/// Describes a fleet as the target of a lock.
pub(super) fn target(key: i64, id: &FleetId) -> LockTarget<'_> {
    LockTarget { subject: LockKind::Fleet, key, name: id.name.as_str() }
}
