//! The journal of a run in the state file, written by the engine.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, Transaction, params};
use serde::Serialize;

use super::damage::Damage;
use super::digest::line;
use super::error::StateError;
use super::journal_row::output_link;
use super::lock::{LockGuardInner, Writer};
use super::run_seal::SealedRun;
use super::time_column::nanoseconds;
use crate::engine::{Batch, JournalError, RunEvent, RunJournal, RunStatus};

/// Writes a run's journal for as long as its lock is held.
#[derive(Debug)]
pub(super) struct SqliteRunJournal(Arc<LockGuardInner>);

impl SqliteRunJournal {
    pub(super) fn new(held: Arc<LockGuardInner>) -> Self {
        Self(held)
    }
}

#[async_trait]
impl RunJournal for SqliteRunJournal {
    fn outlives_failure(&self) -> bool {
        true
    }

    async fn append(&self, batch: Batch) -> Result<(), JournalError> {
        let held = self.0.clone();
        // Flushing takes milliseconds, during which the driver's thread has other work. A paused clock waits too.
        match tokio::task::spawn_blocking(move || held.append(&batch)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(error)) => Err(store_error(&error)),
            Err(error) => Err(JournalError::plain(format!("recording failed: {error}"))),
        }
    }
}

pub(super) fn store_error(error: &StateError) -> JournalError {
    let lock_lost = matches!(error, StateError::LockLost { .. });
    let file_lost = matches!(error, StateError::Replaced { .. });
    let passes = error.passes();
    JournalError { message: error.to_string(), hint: error.hint(), lock_lost, file_lost, passes }
}

impl LockGuardInner {
    /// Commits a batch atomically, if this process still holds the lock and the batch continues the journal.
    pub(super) fn append(&self, batch: &Batch) -> Result<(), StateError> {
        let mut writer = self.writer();
        let Writer { database, sealed } = &mut *writer;
        // Unknown until the commit succeeds.
        let mut known = sealed.take();
        // A tear-down must not fail for lack of space.
        let tears_down = matches!(batch.summary.status, RunStatus::Terminating | RunStatus::Terminated);
        let written = database.write("record what happened", tears_down, |transaction, failed| {
            self.check(transaction, failed)?;
            let run = match known.take() {
                Some(run) if run.is_current(transaction).map_err(failed)? => run,
                _ => sealed_run(transaction, failed, self.key)?,
            };
            for (expected, record) in (run.head.length.cast_unsigned() + 1..).zip(&batch.records) {
                if record.sequence != expected {
                    return Err(StateError::Gap { name: self.name.clone(), expected, given: record.sequence });
                }
            }
            insert(transaction, run, batch).map_err(failed)
        });
        *sealed = Some(written?);
        Ok(())
    }
}

/// Returns the run with this number, verified against its seal.
pub(super) fn sealed_run(
    connection: &Connection,
    failed: &dyn Fn(rusqlite::Error) -> StateError,
    run: i64,
) -> Result<SealedRun, StateError> {
    let found = SealedRun::find(connection, run).map_err(failed)?;
    let problem = match found {
        Some(Ok(run)) => return Ok(run),
        Some(Err(problem)) => problem,
        None => Damage(format!("run {run} is missing")),
    };
    // With the same error type as SQLite's own findings.
    Err(failed(rusqlite::Error::FromSqlConversionFailure(0, Type::Text, problem.into())))
}

/// Appends the batch; returns the resulting run.
fn insert(transaction: &Transaction<'_>, run: SealedRun, batch: &Batch) -> rusqlite::Result<SealedRun> {
    let SealedRun { mut facts, mut head, .. } = run;
    let mut insert = transaction
        .prepare_cached("INSERT INTO records (run, sequence, at, event, digest) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    for record in &batch.records {
        let (sequence, at, event) = (record.sequence.cast_signed(), nanoseconds(record.at), json(&record.event)?);
        head.head = line(&head.head, sequence, at, &event);
        insert.execute(params![facts.id, sequence, at, event, head.head])?;
    }
    head.length += batch.records.len() as i64;
    let mut insert = transaction.prepare_cached(
        "INSERT INTO outputs (run, service, program, at, outcome, seconds, text, digest)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
    )?;
    for output in &batch.outputs {
        let outcome = json(&output.outcome)?;
        head.outputs_head = output_link(&head.outputs_head, output, &outcome);
        insert.execute(params![
            facts.id,
            output.service,
            output.program.as_str(),
            nanoseconds(output.at),
            outcome,
            output.seconds,
            output.text,
            head.outputs_head
        ])?;
    }
    head.outputs += batch.outputs.len() as i64;
    let now = nanoseconds(batch.records.last().map_or_else(Timestamp::now, |record| record.at));
    let ended = batch.summary.status == RunStatus::Terminated
        || batch.records.iter().any(|record| matches!(record.event, RunEvent::Ended { .. }));
    facts.summary = json(&batch.summary)?;
    facts.updated_at = now;
    facts.ended_at = facts.ended_at.or(ended.then_some(now));
    let mut update =
        transaction.prepare_cached("UPDATE runs SET summary = ?2, updated_at = ?3, ended_at = ?4 WHERE id = ?1")?;
    update.execute(params![facts.id, facts.summary, facts.updated_at, facts.ended_at])?;
    let run = SealedRun::new(facts, head);
    run.write(transaction)?;
    Ok(run)
}

pub(super) fn json(value: &impl Serialize) -> rusqlite::Result<String> {
    serde_json::to_string(value).map_err(|error| rusqlite::Error::ToSqlConversionFailure(Box::new(error)))
}
