//! The journal of one run in the state file: what the engine writes to.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::{Transaction, TransactionBehavior, params};
use serde::Serialize;

use super::error::StateError;
use super::lock::Held;
use super::run_row::nanoseconds;
use crate::engine::{Batch, Event, RunStatus, Store, StoreError};

/// Writes a run's journal for as long as its lock is held.
#[derive(Debug)]
pub(super) struct JournalStore(Arc<Held>);

impl JournalStore {
    pub(super) fn new(held: Arc<Held>) -> Self {
        Self(held)
    }
}

#[async_trait]
impl Store for JournalStore {
    async fn append(&self, batch: Batch) -> Result<(), StoreError> {
        let held = self.0.clone();
        // Flushing takes milliseconds; the driver's thread has others to serve meanwhile. A paused clock waits too.
        match tokio::task::spawn_blocking(move || held.append(&batch)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(store_error(&error)),
            Err(error) => Err(StoreError { message: format!("recording failed: {error}"), lock_lost: false }),
        }
    }
}

pub(super) fn store_error(error: &StateError) -> StoreError {
    let message = match error.hint() {
        Some(hint) => format!("{error}; {hint}"),
        None => error.to_string(),
    };
    StoreError { message, lock_lost: matches!(error, StateError::LockLost { .. }) }
}

impl Held {
    /// Commits a batch whole, if the lock is still ours and the batch continues the journal.
    pub(super) fn append(&self, batch: &Batch) -> Result<(), StateError> {
        let mut writer = self.writer();
        // Not known again until the commit is.
        let last = writer.last.take();
        let failed = writer.database.failed("record what happened");
        let behavior = TransactionBehavior::Immediate;
        let transaction = writer.database.connection.transaction_with_behavior(behavior).map_err(&failed)?;
        let last = self.write(&transaction, batch, last, &failed)?;
        transaction.commit().map_err(&failed)?;
        writer.last = Some(last);
        Ok(())
    }

    /// Gives the number of the last record.
    fn write(
        &self,
        transaction: &Transaction<'_>,
        batch: &Batch,
        last: Option<u64>,
        failed: &impl Fn(rusqlite::Error) -> StateError,
    ) -> Result<u64, StateError> {
        self.check(transaction, failed)?;
        let last = match last {
            Some(last) => last,
            None => {
                let query = "SELECT coalesce(max(sequence), 0) FROM records WHERE run = ?1";
                let last: i64 = transaction.query_row(query, [self.key], |row| row.get(0)).map_err(failed)?;
                last.cast_unsigned()
            }
        };
        for (expected, record) in (last + 1..).zip(&batch.records) {
            if record.sequence != expected {
                return Err(StateError::Gap { name: self.name.clone(), expected, given: record.sequence });
            }
        }
        self.insert(transaction, batch).map_err(failed)?;
        Ok(last + batch.records.len() as u64)
    }

    fn insert(&self, transaction: &Transaction<'_>, batch: &Batch) -> rusqlite::Result<()> {
        let mut insert =
            transaction.prepare_cached("INSERT INTO records (run, sequence, at, event) VALUES (?1, ?2, ?3, ?4)")?;
        for record in &batch.records {
            let sequence = record.sequence.cast_signed();
            insert.execute(params![self.key, sequence, nanoseconds(record.at), json(&record.event)?])?;
        }
        let mut insert = transaction.prepare_cached(
            "INSERT INTO outputs (run, service, program, at, outcome, seconds, text) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)",
        )?;
        for output in &batch.outputs {
            insert.execute(params![
                self.key,
                output.service,
                output.program.as_str(),
                nanoseconds(output.at),
                json(&output.outcome)?,
                output.seconds,
                output.text
            ])?;
        }
        let now = batch.records.last().map_or_else(Timestamp::now, |record| record.at);
        let ended = batch.summary.status == RunStatus::Terminated
            || batch.records.iter().any(|record| matches!(record.event, Event::Ended { .. }));
        let mut update = transaction.prepare_cached(
            "UPDATE runs SET summary = ?2, updated_at = ?3, ended_at = iif(?4, coalesce(ended_at, ?3), ended_at)
             WHERE id = ?1",
        )?;
        update.execute(params![self.key, json(&batch.summary)?, nanoseconds(now), ended])?;
        Ok(())
    }
}

pub(super) fn json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}
