//! Commits to the journal, and the wait until one that cannot be made can.

use std::time::Duration;

use tokio::sync::watch;

use super::fleet_batch::FleetBatch;
use super::fleet_request::RequestAnswer;
use super::fleet_scaler::Scaler;
use super::scaler_error::ScalerError;
use super::unrecorded::Unrecorded;
use crate::engine::JournalError;
use crate::retry::Pauses;

/// First and longest pause between two tries of a commit.
const PAUSES: (Duration, Duration) = (Duration::from_secs(1), Duration::from_secs(5));

impl Scaler {
    /// Lets this scaler wait, from now on, where a write to the journal fails that may succeed later: see
    /// [`JournalError::passes`]. It launches nothing meanwhile, since an intent comes before its call, and renews
    /// leases. What is returned tells why it waits; none while it does not.
    pub fn wait_for_room(&mut self) -> watch::Receiver<Option<Unrecorded>> {
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
        match self.try_commit(batch, answer).await {
            Err(error) if error.passes && self.room.is_some() => Ok(self.wait(&error, batch, answer).await?),
            done => Ok(done?),
        }
    }

    /// Commits a batch that announces calls. Where it cannot be written at once, and this scaler is to wait, `instead`
    /// is committed in its place as soon as something can be: what was decided by readings that are old by then is not
    /// to be done. Returns whether it was announced.
    pub(super) async fn announce(&mut self, batch: FleetBatch, instead: FleetBatch) -> Result<bool, ScalerError> {
        match self.try_commit(&batch, None).await {
            Err(error) if error.passes && self.room.is_some() => {
                self.wait(&error, &instead, None).await?;
                self.take_in(&instead);
                Ok(false)
            }
            done => {
                done?;
                self.take_in(&batch);
                Ok(true)
            }
        }
    }

    async fn try_commit(&self, batch: &FleetBatch, answer: Option<(u64, &RequestAnswer)>) -> Result<(), JournalError> {
        match answer {
            None => self.journal.record(batch).await,
            Some((request, answer)) => self.journal.answer(request, answer, batch).await,
        }
    }

    /// Tells why it waits, and tries again and again until the batch is committed.
    async fn wait(
        &self,
        error: &JournalError,
        batch: &FleetBatch,
        answer: Option<(u64, &RequestAnswer)>,
    ) -> Result<(), JournalError> {
        let error = error.to_string();
        self.tell_room(Some(Unrecorded { error: error.clone(), leases: None }));
        self.until_committed(&error, batch, answer).await?;
        self.tell_room(None);
        Ok(())
    }

    fn tell_room(&self, lacking: Option<Unrecorded>) {
        if let Some(room) = &self.room {
            room.send_replace(lacking);
        }
    }

    /// Tries again and again until the batch is committed; renews the leases that are due meanwhile.
    async fn until_committed(
        &self,
        error: &str,
        batch: &FleetBatch,
        answer: Option<(u64, &RequestAnswer)>,
    ) -> Result<(), JournalError> {
        // What has happened already, though it is not recorded: new workers have leases, too.
        let mut fleet = self.fleet.clone();
        batch.events.iter().for_each(|event| fleet.apply(batch.at, event));
        let (mut pauses, mut failed) = (Pauses::backoff(PAUSES.0, PAUSES.1, "commit"), None);
        loop {
            tokio::time::sleep(pauses.pause()).await;
            match self.try_commit(batch, answer).await {
                Err(error) if error.passes => {}
                done => return done,
            }
            // What is renewed is not recorded: once there is room, the scaler renews it again.
            match self.renew_due(&fleet, failed).await {
                Ok(renewed) if renewed.is_empty() => {}
                Ok(renewed) => {
                    renewed.iter().for_each(|event| fleet.apply(self.clock.now(), event));
                    self.tell_room(Some(Unrecorded { error: error.to_owned(), leases: None }));
                }
                Err(leases) => {
                    failed = Some(self.clock.now());
                    self.tell_room(Some(Unrecorded { error: error.to_owned(), leases: Some(leases.to_string()) }));
                }
            }
        }
    }
}
