//! A run that this process may write to.

use std::sync::Arc;

use super::connection::Database;
use super::error::StateError;
use super::lock::{Lock, LockTarget};
use super::lock_kind::LockKind;
use super::run_journal::SqliteRunJournal;
use super::run_row::RunId;
use crate::engine::RunJournal;

/// A run that this process may write to; dropping it gives the run free.
///
/// Dropping waits for what is being written, but not for batches that were not handed over yet: those are refused.
#[derive(Debug)]
pub struct RunLock(Lock);

impl RunLock {
    pub(super) fn new(database: Database, run: RunId, name: &str, token: String) -> Result<Self, StateError> {
        Lock::new(database, target(run, name), token).map(Self)
    }

    /// The run that is held.
    pub fn run(&self) -> RunId {
        RunId(self.0.held.key)
    }

    /// The run's journal, to write to for as long as the lock is held.
    pub fn store(&self) -> Arc<dyn RunJournal> {
        Arc::new(SqliteRunJournal::new(self.0.held.clone()))
    }
}

/// A run as something to be locked.
pub(super) fn target(run: RunId, name: &str) -> LockTarget<'_> {
    LockTarget { subject: LockKind::Run, key: run.0, name }
}
