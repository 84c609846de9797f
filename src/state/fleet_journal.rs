//! The journal of a fleet in the state file.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;
use rusqlite::types::Type;
use rusqlite::{Connection, Transaction};

use super::damage::Damage;
use super::error::StateError;
use super::fleet_seal::SealedFleet;
use super::lock::LockGuardInner;
use super::run_journal::store_error;
use super::{fleet_lines, fleet_memory, fleet_passes, fleet_requests, fleet_snapshot};
use crate::engine::JournalError;
use crate::scaler::{Fleet, FleetBatch, FleetEvent, FleetId, FleetJournal, FleetRequest, RequestAnswer};

/// Writes a fleet's journal for as long as its lock is held.
#[derive(Clone, Debug)]
pub(super) struct SqliteFleetJournal {
    id: FleetId,
    held: Arc<LockGuardInner>,
    /// The fleet as last written, once known.
    known: Arc<Mutex<Option<Folded>>>,
}

/// A fleet's row, and what its journal amounts to.
#[derive(Debug)]
pub(super) struct Folded {
    sealed: SealedFleet,
    fleet: Fleet,
}

impl SqliteFleetJournal {
    pub(super) fn new(id: FleetId, held: Arc<LockGuardInner>) -> Self {
        Self { id, held, known: Arc::default() }
    }

    /// Runs `work` outside of the scaler's thread: flushing takes milliseconds. A paused clock waits too.
    async fn apart<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Self) -> Result<T, StateError> + Send + 'static,
    ) -> Result<T, JournalError> {
        let journal = self.clone();
        match tokio::task::spawn_blocking(move || work(&journal)).await {
            Ok(done) => done.map_err(|error| store_error(&error)),
            Err(error) => Err(JournalError::plain(format!("recording failed: {error}"))),
        }
    }

    /// Commits the batch, and the answer to a request, if this process still holds the lock and the fleet admits the
    /// batch.
    fn commit(&self, batch: &FleetBatch, answer: Option<(u64, &RequestAnswer)>) -> Result<(), StateError> {
        let mut kept = self.known.lock().unwrap_or_else(PoisonError::into_inner);
        // Unknown until the commit succeeds.
        let mut known = kept.take();
        let mut writer = self.held.writer();
        let path = writer.database.path.clone();
        let tears_down =
            batch.events.iter().any(FleetEvent::tears_down) && !batch.events.iter().any(|event| event.asked() > 0);
        let written = writer.database.write("record what happened", tears_down, |transaction, failed| {
            self.held.check(transaction, failed)?;
            let folded = match known.take() {
                Some(folded) if folded.sealed.is_current(transaction).map_err(failed)? => folded,
                _ => {
                    let sealed = sealed_fleet(transaction, failed, self.held.key)?;
                    let fleet = fleet_lines::fold(transaction, &path, &sealed)?;
                    Folded { sealed, fleet }
                }
            };
            put(transaction, &path, failed, folded, batch, answer)
        });
        *kept = Some(written?);
        Ok(())
    }

    /// Returns the open requests, if this process still holds the lock.
    fn open_requests(&self) -> Result<Vec<(u64, FleetRequest)>, StateError> {
        let writer = self.held.writer();
        let failed = writer.database.failed("read the requests");
        let transaction = writer.database.connection.unchecked_transaction().map_err(&failed)?;
        self.held.check(&transaction, &failed)?;
        let sealed = sealed_fleet(&transaction, &failed, self.held.key)?;
        fleet_requests::open(&transaction, &writer.database.path, &sealed)
    }
}

#[async_trait]
impl FleetJournal for SqliteFleetJournal {
    fn id(&self) -> &FleetId {
        &self.id
    }

    async fn record(&self, batch: &FleetBatch) -> Result<(), JournalError> {
        let batch = batch.clone();
        self.apart(move |journal| journal.commit(&batch, None)).await
    }

    async fn requests(&self) -> Result<Vec<(u64, FleetRequest)>, JournalError> {
        self.apart(Self::open_requests).await
    }

    async fn answer(&self, request: u64, answer: &RequestAnswer, batch: &FleetBatch) -> Result<(), JournalError> {
        let (answer, batch) = (answer.clone(), batch.clone());
        self.apart(move |journal| journal.commit(&batch, Some((request, &answer)))).await
    }
}

/// Writes a batch and an answer; returns the fleet after them.
fn put(
    transaction: &Transaction<'_>,
    path: &Path,
    failed: &dyn Fn(rusqlite::Error) -> StateError,
    folded: Folded,
    batch: &FleetBatch,
    answer: Option<(u64, &RequestAnswer)>,
) -> Result<Folded, StateError> {
    let Folded { mut sealed, mut fleet } = folded;
    fleet.admit(batch).map_err(|why| StateError::NotAdmitted { name: sealed.name.clone(), why })?;
    let had_ended = sealed.ended_at.is_some();
    fleet_lines::append(transaction, &mut sealed, batch.at, &batch.events).map_err(failed)?;
    batch.events.iter().for_each(|event| fleet.apply(batch.at, event));
    if let Some(memory) = &batch.memory {
        fleet_memory::put(transaction, &mut sealed, memory).map_err(failed)?;
    }
    if let Some(pass) = &batch.pass {
        fleet_passes::put(transaction, path, &mut sealed, pass, batch.at)?;
    }
    if let Some((request, answer)) = answer {
        fleet_requests::answer(transaction, path, &sealed, request, answer, batch.at)?;
    }
    if sealed.ended_at.is_some() && !had_ended {
        fleet_requests::refuse_all(transaction, path, &sealed, batch.at)?;
    }
    if !batch.events.is_empty() {
        fleet_snapshot::renew(transaction, path, &mut sealed, &fleet, batch.at)?;
    }
    sealed.write(transaction).map_err(failed)?;
    Ok(Folded { sealed, fleet })
}

/// Returns the fleet with this number, verified against its seal.
pub(super) fn sealed_fleet(
    connection: &Connection,
    failed: &dyn Fn(rusqlite::Error) -> StateError,
    fleet: i64,
) -> Result<SealedFleet, StateError> {
    let problem = match SealedFleet::find(connection, fleet).map_err(failed)? {
        Some(Ok(fleet)) => return Ok(fleet),
        Some(Err(problem)) => problem,
        None => Damage(format!("fleet {fleet} is missing")),
    };
    // With the same error type as SQLite's own findings.
    Err(failed(rusqlite::Error::FromSqlConversionFailure(0, Type::Text, problem.into())))
}
