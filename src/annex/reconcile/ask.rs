//! How the cloud and the ledger are asked.

use std::time::Duration;

use super::super::cloud::ObservedAnnex;
use super::super::state::{Annex, AnnexEvent};
use super::{AnnexError, Progress, Reconciler};
use crate::provider::CloudError;
use crate::retry::{Limit, Pauses, Poller, retry_transient};

impl Reconciler<'_> {
    /// Records a line; only then it counts.
    pub(super) async fn record(&self, record: &mut Annex, event: AnnexEvent) -> Result<(), AnnexError> {
        self.journal.record(&event).await?;
        record.apply(&event);
        Ok(())
    }

    /// Where the annex stands, asked patiently; whoever waits is told.
    pub(super) async fn look(&self, record: &Annex) -> Result<Option<ObservedAnnex>, AnnexError> {
        let seen = self.insist(record, || self.cloud.look(&record.id, record.cloud_id.as_deref())).await?;
        if let Some(seen) = &seen {
            (self.tell)(&Progress::Seen(seen.clone()));
        }
        Ok(seen)
    }

    /// Repeats a call while its failure may pass.
    pub(super) async fn insist<T, F>(&self, record: &Annex, call: impl FnMut() -> F) -> Result<T, CloudError>
    where
        F: Future<Output = Result<T, CloudError>>,
    {
        retry_transient(self.backoff(record), self.pace.insist, call).await
    }

    fn backoff(&self, record: &Annex) -> Pauses {
        Pauses::backoff(self.pace.first, self.pace.longest, &record.id.tag())
    }

    /// Begins to wait for something of this annex.
    pub(super) fn wait(&self, record: &Annex) -> ChangeWait {
        ChangeWait { patience: self.pace.patience, poller: Poller::new(self.backoff(record), Limit::Never) }
    }
}

/// Waiting for something, with growing pauses.
pub(super) struct ChangeWait {
    patience: Duration,
    poller: Poller,
}

impl ChangeWait {
    /// Waits for a moment.
    pub(super) async fn pause(&mut self) {
        self.poller.pause().await;
    }

    /// Whether it takes longer than anybody waits.
    pub(super) fn is_over(&self) -> bool {
        self.poller.waited() >= self.patience
    }

    /// Whether it has not taken longer than this.
    pub(super) fn is_within(&self, time: Duration) -> bool {
        self.poller.waited() < time
    }

    /// For how long anybody waits, for messages.
    pub(super) fn patience(&self) -> String {
        match self.patience.as_secs() {
            seconds if seconds >= 120 => format!("{} minutes", seconds / 60),
            seconds => format!("{seconds} s"),
        }
    }
}
