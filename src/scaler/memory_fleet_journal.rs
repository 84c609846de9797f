//! A fleet's journal in memory, for dry runs and for tests that end a scaler at a chosen commit.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use jiff::Timestamp;

use super::fleet::Fleet;
use super::fleet_batch::FleetBatch;
use super::fleet_event::FleetEvent;
use super::fleet_id::FleetId;
use super::fleet_journal::FleetJournal;
use super::fleet_request::{FleetRequest, RequestAnswer};
use super::pass_record::PassRecord;
use super::scaler_memory::ScalerMemory;
use crate::engine::JournalError;

/// A [`FleetJournal`] that keeps everything in memory and can be told to fail.
#[derive(Debug)]
pub struct MemoryFleetJournal {
    id: FleetId,
    kept: Mutex<Kept>,
}

#[derive(Clone, Debug)]
struct Kept {
    fleet: Fleet,
    lines: Vec<(Timestamp, FleetEvent)>,
    memory: Option<ScalerMemory>,
    passes: Vec<PassRecord>,
    requests: BTreeMap<u64, (FleetRequest, Option<RequestAnswer>)>,
    commits: usize,
    /// Numbers of the commits that had lines.
    with_lines: Vec<usize>,
    last_commit: Option<usize>,
    last_line: Option<usize>,
}

impl MemoryFleetJournal {
    /// Creates the empty journal of a new fleet.
    pub fn new(id: FleetId, created_at: Timestamp) -> Self {
        Self::of(Fleet::new(id, created_at), None)
    }

    /// Creates a journal that goes on where this fleet is. Lines before are not in it.
    pub fn of(fleet: Fleet, memory: Option<ScalerMemory>) -> Self {
        let kept = Kept {
            fleet,
            lines: Vec::new(),
            memory,
            passes: Vec::new(),
            requests: BTreeMap::new(),
            commits: 0,
            with_lines: Vec::new(),
            last_commit: None,
            last_line: None,
        };
        Self { id: kept.fleet.id.clone(), kept: Mutex::new(kept) }
    }

    /// Returns a journal with the same content that does not fail: of the process that takes over.
    #[must_use]
    pub fn taken_over(&self) -> Self {
        let kept = Kept { last_commit: None, last_line: None, ..self.kept().clone() };
        Self { id: self.id.clone(), kept: Mutex::new(kept) }
    }

    /// Refuses every commit after `count` in all: the effect of a kill between two commits.
    pub fn die_after_commits(&self, count: usize) {
        self.kept().last_commit = Some(count);
    }

    /// Refuses every batch that would bring the journal beyond `count` lines, and every commit after it: the effect of
    /// a kill within a commit.
    pub fn die_after_lines(&self, count: usize) {
        self.kept().last_line = Some(count);
    }

    /// Leaves a request, as another process does; returns its number.
    pub fn request(&self, request: FleetRequest) -> u64 {
        let mut kept = self.kept();
        let number = kept.requests.keys().last().map_or(1, |last| last + 1);
        kept.requests.insert(number, (request, None));
        number
    }

    /// Returns the answer to a request, once there is one.
    pub fn answer_to(&self, request: u64) -> Option<RequestAnswer> {
        self.kept().requests.get(&request).and_then(|(_, answer)| answer.clone())
    }

    /// Returns the fleet by all lines so far.
    pub fn fleet(&self) -> Fleet {
        self.kept().fleet.clone()
    }

    /// Returns the lines so far, in order.
    pub fn lines(&self) -> Vec<(Timestamp, FleetEvent)> {
        self.kept().lines.clone()
    }

    /// Returns the scaler's memory as last committed.
    pub fn memory(&self) -> Option<ScalerMemory> {
        self.kept().memory.clone()
    }

    /// Returns the passes so far, oldest first.
    pub fn passes(&self) -> Vec<PassRecord> {
        self.kept().passes.clone()
    }

    /// Returns the number of commits.
    pub fn commits(&self) -> usize {
        self.kept().commits
    }

    /// Returns the numbers of the commits that had lines, counted from 1.
    pub fn commits_with_lines(&self) -> Vec<usize> {
        self.kept().with_lines.clone()
    }

    fn kept(&self) -> MutexGuard<'_, Kept> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl FleetJournal for MemoryFleetJournal {
    fn id(&self) -> &FleetId {
        &self.id
    }

    async fn record(&self, batch: &FleetBatch) -> Result<(), JournalError> {
        self.kept().record(batch)
    }

    async fn requests(&self) -> Result<Vec<(u64, FleetRequest)>, JournalError> {
        let kept = self.kept();
        let open = kept.requests.iter().filter(|(_, (_, answer))| answer.is_none());
        Ok(open.map(|(number, (request, _))| (*number, request.clone())).collect())
    }

    async fn answer(&self, request: u64, answer: &RequestAnswer, batch: &FleetBatch) -> Result<(), JournalError> {
        let mut kept = self.kept();
        if !matches!(kept.requests.get(&request), Some((_, None))) {
            return Err(JournalError::plain(format!("fleet {} has no open request {request}", kept.fleet.id.name)));
        }
        kept.record(batch)?;
        if let Some((_, answered)) = kept.requests.get_mut(&request) {
            *answered = Some(answer.clone());
        }
        Ok(())
    }
}

impl Kept {
    fn record(&mut self, batch: &FleetBatch) -> Result<(), JournalError> {
        if self.last_commit.is_some_and(|last| self.commits >= last) {
            return Err(JournalError::plain(format!("the journal ends after commit {}", self.commits)));
        }
        if let Some(last) = self.last_line.filter(|last| self.lines.len() + batch.events.len() > *last) {
            self.last_commit = Some(0);
            return Err(JournalError::plain(format!("the journal ends before line {last}")));
        }
        self.fleet
            .admit(batch)
            .map_err(|error| JournalError::plain(format!("fleet {}: {error}", self.fleet.id.name)))?;
        for event in &batch.events {
            self.fleet.apply(batch.at, event);
            self.lines.push((batch.at, event.clone()));
        }
        if batch.memory.is_some() {
            self.memory.clone_from(&batch.memory);
        }
        if let Some(pass) = &batch.pass {
            let merged = self.passes.last().and_then(|last| last.merged(pass));
            match (self.passes.last_mut(), merged) {
                (Some(last), Some(merged)) => *last = merged,
                _ => self.passes.push(pass.clone()),
            }
        }
        self.commits += 1;
        if !batch.events.is_empty() {
            self.with_lines.push(self.commits);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn journal() -> MemoryFleetJournal {
        let id = FleetId { name: "night".parse().unwrap(), nonce: "0123456789ab".to_owned() };
        MemoryFleetJournal::new(id, Timestamp::UNIX_EPOCH)
    }

    fn stop() -> FleetBatch {
        FleetBatch::events(Timestamp::UNIX_EPOCH, vec![FleetEvent::StopIntended { keep_workers: true, now: false }])
    }

    #[tokio::test]
    async fn after_its_death_nothing_is_kept_and_the_next_process_goes_on() {
        for by_lines in [false, true] {
            let journal = journal();
            if by_lines {
                journal.die_after_lines(1)
            } else {
                journal.die_after_commits(1)
            }
            journal.record(&stop()).await.unwrap();
            assert!(journal.record(&stop()).await.is_err());
            let empty = FleetBatch::events(Timestamp::UNIX_EPOCH, Vec::new());
            assert!(journal.record(&empty).await.is_err());
            assert_eq!((journal.lines().len(), journal.fleet().sequence, journal.commits()), (1, 1, 1));
            let next = journal.taken_over();
            next.record(&stop()).await.unwrap();
            assert_eq!((next.lines().len(), journal.lines().len()), (2, 1));
        }
    }

    #[tokio::test]
    async fn a_request_is_answered_once_and_with_its_lines() {
        let journal = journal();
        let request = FleetRequest::Stop { keep_workers: true, now: false };
        let number = journal.request(request.clone());
        assert_eq!(journal.requests().await.unwrap(), [(number, request)]);
        let answer = RequestAnswer::Done { message: "it ends".to_owned() };
        journal.answer(number, &answer, &stop()).await.unwrap();
        assert_eq!((journal.answer_to(number), journal.lines().len()), (Some(answer.clone()), 1));
        assert_eq!(journal.requests().await.unwrap(), []);
        assert!(journal.answer(number, &answer, &stop()).await.is_err());
        assert_eq!(journal.lines().len(), 1);
    }
}
