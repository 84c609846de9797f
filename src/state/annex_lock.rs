//! An annex that this process may write to.

use std::sync::Arc;

use super::annex_journal::AnnexJournal;
use super::connection::Database;
use super::error::StateError;
use super::lock::{Lock, Target};
use super::subject::Subject;
use crate::annex::{AnnexId, AnnexLedger};

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
    pub fn ledger(&self) -> Arc<dyn AnnexLedger> {
        Arc::new(AnnexJournal::new(self.lock.held.clone()))
    }
}

/// An annex as something to be locked.
pub(super) fn target(key: i64, id: &AnnexId) -> Target<'_> {
    Target { subject: Subject::Annex, key, name: id.name.as_str() }
}
