//! The journal of an annex in the state file.

use std::sync::Arc;

use async_trait::async_trait;
use jiff::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Connection, Transaction, params};

use super::annex_seal::SealedAnnex;
use super::damage::Damage;
use super::digest::line;
use super::error::StateError;
use super::lock::LockGuardInner;
use super::run_journal::{json, store_error};
use super::time_column::nanoseconds;
use crate::annex::{AnnexEvent, AnnexJournal};
use crate::engine::JournalError;

/// Writes an annex's journal for as long as its lock is held.
#[derive(Debug)]
pub(super) struct SqliteAnnexJournal(Arc<LockGuardInner>);

impl SqliteAnnexJournal {
    pub(super) fn new(held: Arc<LockGuardInner>) -> Self {
        Self(held)
    }
}

#[async_trait]
impl AnnexJournal for SqliteAnnexJournal {
    async fn record(&self, event: &AnnexEvent) -> Result<(), JournalError> {
        let (held, event) = (self.0.clone(), event.clone());
        // Flushing takes milliseconds, during which the poller's thread has other work. A paused clock waits too.
        match tokio::task::spawn_blocking(move || held.record(&event)).await {
            Ok(recorded) => recorded.map_err(|error| store_error(&error)),
            Err(error) => Err(JournalError::plain(format!("recording failed: {error}"))),
        }
    }
}

impl LockGuardInner {
    /// Commits a line, if this process still holds the lock.
    fn record(&self, event: &AnnexEvent) -> Result<(), StateError> {
        let mut writer = self.writer();
        // A tear-down must not fail for lack of space.
        let tears_down =
            matches!(event, AnnexEvent::DeleteIntended { .. } | AnnexEvent::DeleteFailed { .. } | AnnexEvent::Deleted);
        writer.database.write("record what happened", tears_down, |transaction, failed| {
            self.check(transaction, failed)?;
            let annex = sealed_annex(transaction, failed, self.key)?;
            insert_line(transaction, annex, event).map_err(failed)
        })
    }
}

/// Returns the annex with this number, verified against its seal.
pub(super) fn sealed_annex(
    connection: &Connection,
    failed: &dyn Fn(rusqlite::Error) -> StateError,
    annex: i64,
) -> Result<SealedAnnex, StateError> {
    let problem = match SealedAnnex::find(connection, annex).map_err(failed)? {
        Some(Ok(annex)) => return Ok(annex),
        Some(Err(problem)) => problem,
        None => Damage(format!("annex {annex} is missing")),
    };
    // With the same error type as SQLite's own findings.
    Err(failed(rusqlite::Error::FromSqlConversionFailure(0, Type::Text, problem.into())))
}

fn insert_line(transaction: &Transaction<'_>, mut annex: SealedAnnex, event: &AnnexEvent) -> rusqlite::Result<()> {
    let (now, event_text) = (nanoseconds(Timestamp::now()), json(event)?);
    annex.length += 1;
    annex.head = line(&annex.head, annex.length, now, &event_text);
    annex.updated_at = now;
    annex.ended_at = annex.ended_at.or((*event == AnnexEvent::Deleted).then_some(now));
    let mut insert = transaction
        .prepare_cached("INSERT INTO annex_records (annex, sequence, at, event, digest) VALUES (?1, ?2, ?3, ?4, ?5)")?;
    insert.execute(params![annex.id, annex.length, now, event_text, annex.head])?;
    let mut update = transaction.prepare_cached("UPDATE annexes SET updated_at = ?2, ended_at = ?3 WHERE id = ?1")?;
    update.execute(params![annex.id, annex.updated_at, annex.ended_at])?;
    annex.write(transaction)
}
