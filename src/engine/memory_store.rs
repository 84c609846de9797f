//! A journal in memory, for dry runs and for tests that crash a run at a chosen record.

use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use super::event::JournalEntry;
use super::store::{Batch, JournalError, ProgramOutput, RunJournal, Summary};

/// A [`RunJournal`] that keeps everything in memory and can be told to fail.
#[derive(Debug, Default)]
pub struct MemoryRunJournal {
    kept: Mutex<Inner>,
    commit_delay: Duration,
}

#[derive(Debug, Default)]
struct Inner {
    records: Vec<JournalEntry>,
    outputs: Vec<ProgramOutput>,
    summary: Option<Summary>,
    commits: usize,
    cut: Option<usize>,
    limit: Option<usize>,
}

impl MemoryRunJournal {
    /// Creates an empty journal.
    pub fn new() -> Self {
        Self::default()
    }

    /// Creates the journal of a run with these records so far.
    pub fn with_records(records: Vec<JournalEntry>) -> Self {
        Self { kept: Mutex::new(Inner { records, ..Inner::default() }), commit_delay: Duration::ZERO }
    }

    /// Makes commits take this long on tokio's clock, as a disk's do.
    #[must_use]
    pub fn with_commit_delay(mut self, delay: Duration) -> Self {
        self.commit_delay = delay;
        self
    }

    /// Cuts the journal after `count` records in all: the record with that number is the last one that is kept, and
    /// every append that contains a later one fails, as does every append after it.
    ///
    /// A batch across the cut keeps the records before it, so that a test can crash between any two records; to the run
    /// that is almost the same as if its events had arrived in smaller batches, and stricter than any real store.
    pub fn fail_after(&self, count: usize) {
        self.kept().cut = Some(count);
    }

    /// Refuses every batch that would bring the journal beyond `count` records, and every one after it: the effect of a
    /// kill in the middle of a commit to a database.
    pub fn refuse_after(&self, count: usize) {
        self.kept().limit = Some(count);
    }

    /// Returns the records so far, in order.
    pub fn records(&self) -> Vec<JournalEntry> {
        self.kept().records.clone()
    }

    /// Returns the number of records.
    pub fn len(&self) -> usize {
        self.kept().records.len()
    }

    /// Whether there are no records.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Returns the outputs of programs so far.
    pub fn outputs(&self) -> Vec<ProgramOutput> {
        self.kept().outputs.clone()
    }

    /// Returns the summary of the last batch.
    pub fn summary(&self) -> Option<Summary> {
        self.kept().summary.clone()
    }

    /// Returns the number of committed batches; with [`MemoryRunJournal::len`] this tells how well commits are grouped.
    pub fn commits(&self) -> usize {
        self.kept().commits
    }

    fn kept(&self) -> MutexGuard<'_, Inner> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl RunJournal for MemoryRunJournal {
    async fn append(&self, batch: Batch) -> Result<(), JournalError> {
        self.kept().append(batch)?;
        if !self.commit_delay.is_zero() {
            tokio::time::sleep(self.commit_delay).await;
        }
        Ok(())
    }
}

impl Inner {
    fn append(&mut self, batch: Batch) -> Result<(), JournalError> {
        for (expected, record) in (self.records.len() as u64 + 1..).zip(&batch.records) {
            if record.sequence != expected {
                let message = format!("the journal continues with record {expected}, not with {}", record.sequence);
                return Err(JournalError::plain(message));
            }
        }
        if let Some(limit) = self.limit
            && self.records.len() + batch.records.len() > limit
        {
            self.limit = Some(0);
            return Err(JournalError::plain(format!("the journal ends before record {limit}")));
        }
        if let Some(cut) = self.cut
            && (self.records.len() + batch.records.len() > cut || self.records.len() == cut)
        {
            let kept_of_it = cut.saturating_sub(self.records.len());
            self.records.extend(batch.records.into_iter().take(kept_of_it));
            return Err(JournalError::plain(format!("the journal was cut after record {cut}")));
        }
        self.records.extend(batch.records);
        self.outputs.extend(batch.outputs);
        self.summary = Some(batch.summary);
        self.commits += 1;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::super::event::RunEvent;
    use super::super::store::RunStatus;
    use super::*;

    fn batch(sequences: std::ops::RangeInclusive<u64>) -> Batch {
        let records = sequences
            .map(|sequence| JournalEntry { sequence, at: Timestamp::UNIX_EPOCH, event: RunEvent::PlanReplaced })
            .collect();
        let summary = Summary { status: RunStatus::Booting, services: 1, ready: 0, failed: 0, instances: 0 };
        Batch { records, outputs: Vec::new(), summary }
    }

    #[tokio::test]
    async fn the_cut_falls_inside_a_batch_and_stays() {
        let store = MemoryRunJournal::new();
        store.fail_after(3);
        store.append(batch(1..=2)).await.unwrap();
        assert!(store.append(batch(3..=5)).await.is_err());
        assert_eq!(store.len(), 3);
        assert!(store.append(batch(4..=4)).await.is_err());
        assert_eq!((store.len(), store.commits()), (3, 1));
    }

    #[tokio::test]
    async fn a_batch_beyond_the_limit_is_refused_whole() {
        let store = MemoryRunJournal::new();
        store.refuse_after(3);
        store.append(batch(1..=2)).await.unwrap();
        assert!(store.append(batch(3..=4)).await.is_err());
        assert!(store.append(batch(3..=3)).await.is_err());
        assert_eq!((store.len(), store.commits()), (2, 1));
    }

    #[tokio::test]
    async fn gaps_and_repeats_are_refused() {
        let store = MemoryRunJournal::new();
        store.append(batch(1..=2)).await.unwrap();
        assert!(store.append(batch(2..=3)).await.is_err());
        assert!(store.append(batch(4..=4)).await.is_err());
        store.append(batch(3..=3)).await.unwrap();
        assert_eq!(store.len(), 3);
    }
}
