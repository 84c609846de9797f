//! Commits to the journal, and the wait for one that cannot be made for now.

use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::watch;

use super::cloud_calls::renew;
use super::fleet::Fleet;
use super::fleet_batch::FleetBatch;
use super::fleet_event::FleetEvent;
use super::fleet_request::RequestAnswer;
use super::fleet_scaler::Scaler;
use super::lease::RETRY;
use super::scaler_error::ScalerError;
use crate::engine::JournalError;
use crate::retry::Pauses;

/// First and longest pause between two tries of a commit.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

impl Scaler {
    /// Lets this scaler wait, from now on, where the journal cannot be written for now: no space is left, or another
    /// program holds the file. It launches nothing meanwhile, since an intent comes before its call, and renews leases.
    /// What is returned tells why it waits; none while it does not.
    pub fn wait_for_room(&mut self) -> watch::Receiver<Option<String>> {
        let (room, waiting) = watch::channel(None);
        self.room = Some(room);
        waiting
    }

    /// Commits a batch, with the answer to a request. Waits while it cannot be written, if this scaler is to.
    pub(super) async fn commit(
        &self,
        batch: &FleetBatch,
        answer: Option<(u64, &RequestAnswer)>,
    ) -> Result<(), ScalerError> {
        match (self.try_commit(batch, answer).await, &self.room) {
            (Err(error), Some(room)) if error.passes => {
                room.send_replace(Some(error.to_string()));
                self.wait(batch, answer).await?;
                room.send_replace(None);
                Ok(())
            }
            (done, _) => Ok(done?),
        }
    }

    async fn try_commit(&self, batch: &FleetBatch, answer: Option<(u64, &RequestAnswer)>) -> Result<(), JournalError> {
        match answer {
            None => self.journal.record(batch).await,
            Some((request, answer)) => self.journal.answer(request, answer, batch).await,
        }
    }

    /// Tries again and again until the batch is committed; renews the leases that are due meanwhile.
    async fn wait(&self, batch: &FleetBatch, answer: Option<(u64, &RequestAnswer)>) -> Result<(), JournalError> {
        // What has happened already, though it is not recorded: new workers have leases, too.
        let mut fleet = self.fleet.clone();
        batch.events.iter().for_each(|event| fleet.apply(batch.at, event));
        let (mut pauses, mut failed) = (Pauses::backoff(PAUSES.0, PAUSES.1, "commit"), None);
        loop {
            tokio::time::sleep(pauses.pause()).await;
            match self.try_commit(batch, answer).await {
                Err(error) if error.passes => self.renew_unrecorded(&mut fleet, &mut failed).await,
                done => return done,
            }
        }
    }

    /// Renews the leases that are due in a fleet that is not recorded. Once there is room, the scaler renews them
    /// again.
    async fn renew_unrecorded(&self, fleet: &mut Fleet, failed: &mut Option<Timestamp>) {
        let now = self.clock.now();
        let machines = self.leases.renewable(fleet, now);
        if machines.is_empty() || failed.is_some_and(|failed| now.duration_since(failed) < RETRY) {
            return;
        }
        let until = self.leases.end(now);
        match renew(&self.cloud, &machines, until).await {
            Ok(machines) => fleet.apply(now, &FleetEvent::Renewed { machines, until }),
            Err(_) => *failed = Some(now),
        }
    }
}
