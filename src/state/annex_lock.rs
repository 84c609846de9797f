//! Locks of annexes.

use std::sync::Arc;

use super::annex_journal::SqliteAnnexJournal;
use super::connection::Database;
use super::error::StateError;
use super::lock::{Lock, LockTarget};
use super::lock_kind::LockKind;
use crate::annex::{AnnexId, AnnexJournal};

/// An annex that this process may write to; dropping it releases the annex.
///
/// Dropping waits for the write in progress, but not for lines that were not submitted yet: those are refused.
#[derive(Debug)]
pub struct AnnexLock {
    lock: Lock,
    id: AnnexId,
}

impl AnnexLock {
    /// Keeps a lock that was taken with this token; `key` is the annex's number in the file.
    pub(super) fn new(database: Database, key: i64, id: AnnexId, token: String) -> Result<Self, StateError> {
        let lock = Lock::new(database, target(key, &id), token)?;
        Ok(Self { lock, id })
    }

    /// Returns the locked annex.
    pub fn id(&self) -> &AnnexId {
        &self.id
    }

    /// Returns the annex's journal, writable while the lock is held.
    pub fn journal(&self) -> Arc<dyn AnnexJournal> {
        Arc::new(SqliteAnnexJournal::new(self.lock.held.clone()))
    }
}

/// Describes an annex as the target of a lock.
pub(super) fn target(key: i64, id: &AnnexId) -> LockTarget<'_> {
    LockTarget { subject: LockKind::Annex, key, name: id.name.as_str() }
}
