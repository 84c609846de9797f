//! Calls to the cloud and to the journal.

use std::time::Duration;

use super::super::cloud::ObservedAnnex;
use super::super::state::{Annex, AnnexEvent};
use super::{AnnexError, Progress, Reconciler};
use crate::provider::CloudError;
use crate::retry::{Limit, Pauses, Poller, retry_transient};

impl Reconciler<'_> {
    /// Records an event in the journal, then applies it to `record`.
    pub(super) async fn record(&self, record: &mut Annex, event: AnnexEvent) -> Result<(), AnnexError> {
        self.journal.record(&event).await?;
        record.apply(&event);
        Ok(())
    }

    /// Returns the annex's state in the cloud, with retries, and reports it as progress.
    pub(super) async fn look(&self, record: &Annex) -> Result<Option<ObservedAnnex>, AnnexError> {
        let seen = self.insist(record, || self.cloud.look(&record.id, record.cloud_id.as_deref())).await?;
        if let Some(seen) = &seen {
            (self.tell)(&Progress::Seen(seen.clone()));
        }
        Ok(seen)
    }

    /// Repeats a call while it fails with a transient error.
    pub(super) async fn insist<T, F>(&self, record: &Annex, call: impl FnMut() -> F) -> Result<T, CloudError>
    where
        F: Future<Output = Result<T, CloudError>>,
    {
        retry_transient(self.backoff(record), self.pace.insist, call).await
    }

    fn backoff(&self, record: &Annex) -> Pauses {
        Pauses::backoff(self.pace.first, self.pace.longest, &record.id.tag())
    }

    /// Starts a wait for a change of this annex.
    pub(super) fn wait(&self, record: &Annex) -> ChangeWait {
        ChangeWait { patience: self.pace.patience, poller: Poller::new(self.backoff(record), Limit::Never) }
    }
}

/// A wait with growing pauses.
pub(super) struct ChangeWait {
    patience: Duration,
    poller: Poller,
}

impl ChangeWait {
    /// Sleeps for the next pause.
    pub(super) async fn pause(&mut self) {
        self.poller.pause().await;
    }

    /// Whether the wait has exceeded its time limit.
    pub(super) fn is_over(&self) -> bool {
        self.poller.waited() >= self.patience
    }

    /// Whether the wait has lasted at most `time`.
    pub(super) fn is_within(&self, time: Duration) -> bool {
        self.poller.waited() < time
    }

    /// The time limit, for messages.
    pub(super) fn patience(&self) -> String {
        match self.patience.as_secs() {
            seconds if seconds >= 120 => format!("{} minutes", seconds / 60),
            seconds => format!("{seconds} s"),
        }
    }
}
