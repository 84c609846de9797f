//! Waiting for the instances of an annex.

use super::super::cloud::{AnnexInstance, ObservedAnnex, ObservedState};
use super::super::state::Annex;
use super::apply::{going, gone};
use super::observe::is_stale;
use super::{AnnexError, Progress, Reconciler};
use crate::diagnostics::{agreeing, counted};
use crate::provider::InstanceState;

impl Reconciler<'_> {
    /// Waits until the desired number of instances run; returns the running ones. What spot lacks is bought on demand
    /// meanwhile, in pools that are to.
    ///
    /// # Errors
    /// Fails at once when the annex fails or is being deleted; [`AnnexError::TooSlow`] when the time limit passes.
    pub async fn wait_for_capacity(&self, record: &mut Annex) -> Result<Vec<AnnexInstance>, AnnexError> {
        let mut wait = self.wait(record);
        let mut unseen = self.wait(record);
        loop {
            let seen = match self.look(record).await? {
                None if unseen.is_within(self.pace.grace) => None,
                None => return Err(gone(record)),
                Some(seen) => {
                    unseen = self.wait(record);
                    self.still_comes(record, &seen)?;
                    Some(seen)
                }
            };
            let mut running = self.insist(record, || self.cloud.instances(&record.id)).await?;
            running.retain(|instance| instance.state == InstanceState::Running);
            if let Some(seen) = &seen {
                (self.tell)(&Progress::Running { running: running.len(), wanted: seen.wanted });
                if seen.state != ObservedState::Changing && running.len() >= seen.wanted as usize {
                    return Ok(running);
                }
                if self.fall_back(record, seen).await? {
                    continue;
                }
            }
            if wait.is_over() {
                let instances = match seen {
                    Some(seen) => format!("{} of {}", running.len(), counted(seen.wanted, "instance")),
                    None => counted(running.len(), "instance"),
                };
                let verb = agreeing(running.len(), "runs", "run");
                let what = format!(
                    "{instances} of annex {} {verb} after {}; it goes on by itself",
                    record.id.name,
                    wait.patience()
                );
                return Err(AnnexError::TooSlow { what });
            }
            wait.pause().await;
        }
    }

    fn still_comes(&self, record: &Annex, seen: &ObservedAnnex) -> Result<(), AnnexError> {
        let asked = record.spec.as_ref().map_or(0, |spec| spec.count);
        match &seen.state {
            // Some clouds show an earlier failure until the next change.
            ObservedState::Failed(reason) if !is_stale(record, seen) => {
                Err(AnnexError::Failed { reason: format!("annex {} failed: {reason}", record.id.name) })
            }
            ObservedState::Deleting | ObservedState::DeleteFailed(_) => Err(going(record)),
            ObservedState::Settled | ObservedState::Failed(_) if seen.wanted == 0 && asked > 0 => {
                let what = format!(
                    "annex {} wants no instances any more: its lease is over, or all have left it",
                    record.id.name
                );
                Err(AnnexError::Ending { what })
            }
            ObservedState::Settled | ObservedState::Failed(_) | ObservedState::Changing => Ok(()),
        }
    }
}
