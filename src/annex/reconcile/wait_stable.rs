//! Waits for a change that the cloud has accepted.

use super::super::cloud::ObservedState;
use super::super::state::{Annex, AnnexEvent, AnnexPhase};
use super::apply::{going, gone, not_made};
use super::observe::is_stale;
use super::{AnnexError, Reconciler};

impl Reconciler<'_> {
    /// Waits until the change that the cloud has accepted is over.
    pub(super) async fn settle(&self, record: &mut Annex) -> Result<(), AnnexError> {
        let mut wait = self.wait(record);
        let mut unseen = self.wait(record);
        loop {
            // Pauses first: a cloud needs a moment to show a change that it has just accepted.
            wait.pause().await;
            match self.look(record).await? {
                // Perhaps not visible yet.
                None if unseen.is_within(self.pace.grace) => {}
                None => return Err(gone(record)),
                Some(seen) => {
                    unseen = self.wait(record);
                    if matches!(seen.state, ObservedState::Deleting | ObservedState::DeleteFailed(_)) {
                        return Err(going(record));
                    }
                    self.learn(record, &seen).await?;
                    // Still shown as before after the grace period: there was nothing to change.
                    if record.stage == AnnexPhase::Applying
                        && is_stale(record, &seen)
                        && seen.state != ObservedState::Changing
                        && !wait.is_within(self.pace.grace)
                    {
                        self.record(record, AnnexEvent::Applied).await?;
                    }
                }
            }
            match record.stage {
                AnnexPhase::Applying => {}
                AnnexPhase::Failed => return self.failed(record).await,
                _ => return Ok(()),
            }
            if wait.is_over() {
                let what = format!(
                    "annex {} is still being changed after {}; it goes on by itself",
                    record.id.name,
                    wait.patience()
                );
                return Err(AnnexError::TooSlow { what });
            }
        }
    }

    async fn failed(&self, record: &mut Annex) -> Result<(), AnnexError> {
        let why = record.reason.clone().unwrap_or_default();
        if !record.made {
            return self.roll_back(record, not_made(record, &why), false).await;
        }
        let reason = format!("annex {} could not be changed and is as it was before: {why}", record.id.name);
        Err(AnnexError::Failed { reason })
    }
}
