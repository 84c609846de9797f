//! An annex that this process may write to.

use std::sync::Arc;

use super::annex_journal::SqliteAnnexJournal;
use super::connection::Database;
use super::error::StateError;
use super::lock::{Lock, LockTarget};
use super::lock_kind::LockKind;
use crate::annex::{AnnexId, AnnexJournal};

/// An annex that this process may write to; dropping it gives the annex free.
///
/// Dropping waits for what is being written, but not for lines that were not handed over yet: those are refused.
#[derive(Debug)]
pub struct AnnexLock {
    lock: Lock,
    id: AnnexId,
}

impl AnnexLock {
    /// Keeps what was taken with this token; `key` is the annex's number in the file.
    pub(super) fn new(database: Database, key: i64, id: AnnexId, token: String) -> Result<Self, StateError> {
        let lock = Lock::new(database, target(key, &id), token)?;
        Ok(Self { lock, id })
    }

    /// The annex that is held.
    pub fn id(&self) -> &AnnexId {
        &self.id
    }

    /// The annex's journal, to write to for as long as the lock is held.
    pub fn journal(&self) -> Arc<dyn AnnexJournal> {
        Arc::new(SqliteAnnexJournal::new(self.lock.held.clone()))
    }
}

/// An annex as something to be locked.
pub(super) fn target(key: i64, id: &AnnexId) -> LockTarget<'_> {
    LockTarget { subject: LockKind::Annex, key, name: id.name.as_str() }
}
