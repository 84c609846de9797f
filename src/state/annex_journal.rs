//! The journal of one annex in the state file.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Transaction, TransactionBehavior, params};

use super::error::StateError;
use super::journal::{json, store_error};
use super::lock::Held;
use super::run_row::nanoseconds;
use crate::annex::{AnnexEvent, AnnexLedger};
use crate::engine::StoreError;

/// Writes an annex's journal for as long as its lock is held.
#[derive(Debug)]
pub(super) struct AnnexJournal(Arc<Held>);

impl AnnexJournal {
    pub(super) fn new(held: Arc<Held>) -> Self {
        Self(held)
    }
}

#[async_trait]
impl AnnexLedger for AnnexJournal {
    async fn record(&self, event: &AnnexEvent) -> Result<(), StoreError> {
        let (held, event) = (self.0.clone(), event.clone());
        // Flushing takes milliseconds; whoever polls the cloud has others to serve meanwhile. A paused clock waits too.
        match tokio::task::spawn_blocking(move || held.record(&event)).await {
            Ok(recorded) => recorded.map_err(|error| store_error(&error)),
            Err(error) => Err(StoreError { message: format!("recording failed: {error}"), lock_lost: false }),
        }
    }
}

impl Held {
    /// Commits a line, if the lock is still ours.
    fn record(&self, event: &AnnexEvent) -> Result<(), StateError> {
        let mut writer = self.writer();
        let failed = writer.database.failed("record what happened");
        let behavior = TransactionBehavior::Immediate;
        let transaction = writer.database.connection.transaction_with_behavior(behavior).map_err(&failed)?;
        self.check(&transaction, &failed)?;
        self.insert_line(&transaction, event).map_err(&failed)?;
        transaction.commit().map_err(&failed)
    }

    fn insert_line(&self, transaction: &Transaction<'_>, event: &AnnexEvent) -> rusqlite::Result<()> {
        let now = nanoseconds(Timestamp::now());
        let mut insert = transaction.prepare_cached(
            "INSERT INTO annex_records (annex, sequence, at, event)
             SELECT ?1, coalesce(max(sequence), 0) + 1, ?2, ?3 FROM annex_records WHERE annex = ?1",
        )?;
        insert.execute(params![self.key, now, json(event)?])?;
        let mut update = transaction.prepare_cached(
            "UPDATE annexes SET updated_at = ?2, ended_at = iif(?3, coalesce(ended_at, ?2), ended_at) WHERE id = ?1",
        )?;
        update.execute(params![self.key, now, *event == AnnexEvent::Deleted])?;
        Ok(())
    }
}
