//! Locks of runs.

use std::sync::Arc;

use super::connection::Database;
use super::error::StateError;
use super::lock::{Lock, LockTarget};
use super::lock_kind::LockKind;
use super::run_journal::SqliteRunJournal;
use super::run_row::RunId;
use crate::engine::RunJournal;

/// A run that this process may write to; dropping it releases the run.
///
/// Dropping waits for the write in progress, but not for batches that were not submitted yet: those are refused.
#[derive(Debug)]
pub struct RunLock(Lock);

impl RunLock {
    pub(super) fn new(database: Database, run: RunId, name: &str, token: String) -> Result<Self, StateError> {
        Lock::new(database, target(run, name), token).map(Self)
    }

    /// Returns the locked run.
    pub fn run(&self) -> RunId {
        RunId(self.0.held.key)
    }

    /// Returns the run's journal, writable while the lock is held.
    pub fn store(&self) -> Arc<dyn RunJournal> {
        Arc::new(SqliteRunJournal::new(self.0.held.clone()))
    }
}

/// Describes a run as the target of a lock.
pub(super) fn target(run: RunId, name: &str) -> LockTarget<'_> {
    LockTarget { subject: LockKind::Run, key: run.0, name }
}
