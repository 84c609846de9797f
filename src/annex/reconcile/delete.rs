//! Deletes an annex, and verifies that nothing is left of it.

use tokio::time::Instant;

use super::super::cloud::{AnnexLeftover, ObservedAnnex, ObservedState};
use super::super::state::{Annex, AnnexEvent, AnnexPhase};
use super::ask::ChangeWait;
use super::client_token::token;
use super::{AnnexError, Progress, Reconciler};
use crate::provider::{CloudError, CloudErrorKind};

/// The number of delete requests: resources that the first one could not delete are retained in the second.
const ATTEMPTS: usize = 2;

/// The number of looks in a row at which all remains must be refused before the deletion is given up: what is about to
/// go may be refused once, such as a disk whose instance has just ended.
const REFUSALS: usize = 3;

impl Reconciler<'_> {
    /// Deletes the annex and verifies that nothing is left of it. With `force`, also while a change is under way;
    /// otherwise waits for that change.
    ///
    /// # Errors
    /// [`AnnexError::Remains`] names the resources that cannot be deleted; repeating the call tries again.
    pub async fn delete(&self, record: &mut Annex, force: bool) -> Result<(), AnnexError> {
        match record.stage {
            AnnexPhase::Ended => return Ok(()),
            AnnexPhase::New => return self.record(record, AnnexEvent::Deleted).await,
            AnnexPhase::Deleting => {}
            AnnexPhase::Applying | AnnexPhase::Settled | AnnexPhase::Failed if force => {}
            AnnexPhase::Applying | AnnexPhase::Settled | AnnexPhase::Failed => self.let_finish(record).await?,
        }
        // Requested resources may still appear.
        self.remove(record, !record.made).await
    }

    /// Waits until no change is under way.
    async fn let_finish(&self, record: &mut Annex) -> Result<(), AnnexError> {
        let mut wait = self.wait(record);
        while matches!(self.refresh(record).await?, Some(ObservedAnnex { state: ObservedState::Changing, .. })) {
            if wait.is_over() {
                let what = format!(
                    "annex {} is still being changed after {}, and was not deleted; --force does not wait for that",
                    record.id.name,
                    wait.patience()
                );
                return Err(AnnexError::TooSlow { what });
            }
            wait.pause().await;
        }
        Ok(())
    }

    /// Deletes everything that exists of the annex. `in_doubt`: resources that are not visible yet may exist.
    pub(super) async fn remove(&self, record: &mut Annex, in_doubt: bool) -> Result<(), AnnexError> {
        let mut removal = Deletion {
            wait: self.wait(record),
            in_doubt,
            attempts: 1,
            reasons: Vec::new(),
            refused: 0,
            gone_since: None,
        };
        let seen = self.look(record).await?;
        removal.in_doubt &= seen.is_none();
        // Continues the recorded deletion of an earlier process, unless that has failed.
        let failed = matches!(&seen, Some(ObservedAnnex { state: ObservedState::DeleteFailed(_), .. }));
        let told = !record.undeleted.is_empty();
        if record.stage != AnnexPhase::Deleting || failed || told {
            self.intend_delete(record, Vec::new()).await?;
        } else if !record.retain.is_empty() {
            removal.attempts = ATTEMPTS;
            removal.reasons =
                record.retain.iter().map(|name| (name.clone(), "it could not be deleted".into())).collect();
        }
        self.ask_to_delete(record).await?;
        loop {
            removal.wait.pause().await;
            if self.look_after(record, &mut removal).await? {
                return self.finish(record, removal).await;
            }
            if removal.wait.is_over() {
                let why = format!("it is still there after {}", removal.wait.patience());
                return self.give_up(record, removal, &why).await;
            }
        }
    }

    /// Looks once at the progress of the deletion; returns true when it is over.
    async fn look_after(&self, record: &mut Annex, removal: &mut Deletion) -> Result<bool, AnnexError> {
        let state = self.look(record).await?.map(|seen| seen.state);
        removal.in_doubt &= state.is_none();
        match state {
            Some(ObservedState::Deleting) => {
                self.sweep(record, false).await?;
                // What takes so long is told by name.
                if !removal.wait.is_within(self.pace.grace) {
                    (self.tell)(&Progress::Remains(self.remains(record).await?));
                }
                return Ok(false);
            }
            Some(ObservedState::DeleteFailed(names)) => {
                removal.reasons = names;
                if removal.attempts == ATTEMPTS {
                    return Ok(true);
                }
                removal.attempts += 1;
                let retain: Vec<String> = removal.reasons.iter().map(|(name, _)| name.clone()).collect();
                self.record(record, AnnexEvent::DeleteFailed { remains: removal.reasons.clone() }).await?;
                self.intend_delete(record, retain.clone()).await?;
                (self.tell)(&Progress::DeletingAgain { retain });
            }
            Some(ObservedState::Changing | ObservedState::Settled) => {}
            // Some clouds briefly show deleted annexes as failed.
            None | Some(ObservedState::Failed(_)) => {
                let remains = self.remains(record).await?;
                if remains.is_empty() {
                    if removal.in_doubt && removal.wait.is_within(self.pace.grace) {
                        (self.tell)(&Progress::MayAppear);
                        return Ok(false);
                    }
                    // What was left alone has been ended apart where it would be shown otherwise.
                    removal.reasons.retain(|(resource, _)| !self.cloud.would_show(resource));
                    return Ok(true);
                }
                let since = *removal.gone_since.get_or_insert_with(Instant::now);
                (self.tell)(&Progress::Remains(remains.clone()));
                let refused = self.sweep(record, true).await?;
                removal.refused = if refuses_all(&refused, &remains) { removal.refused + 1 } else { 0 };
                if removal.refused == REFUSALS {
                    removal.reasons = refused;
                    return Ok(true);
                }
                // Retained resources stay; others that are still shown are gone in fact.
                if state.is_none() && !record.retain.is_empty() && since.elapsed() >= self.pace.grace {
                    return Ok(true);
                }
            }
        }
        self.ask_to_delete(record).await?;
        Ok(false)
    }

    /// Ends the deletion: checks whether anything is left.
    async fn finish(&self, record: &mut Annex, removal: Deletion) -> Result<(), AnnexError> {
        if removal.reasons.is_empty() {
            return self.record(record, AnnexEvent::Deleted).await;
        }
        self.give_up(record, removal, "it could not be deleted").await
    }

    /// Ends the deletion with an error that names the remains.
    async fn give_up(&self, record: &mut Annex, removal: Deletion, why: &str) -> Result<(), AnnexError> {
        let remains = self.remains(record).await?;
        let mut reasons = removal.reasons;
        if reasons.is_empty() {
            reasons = remains.iter().map(|remain| (remain.id.clone(), why.to_owned())).collect();
        }
        if reasons.is_empty() {
            let what = format!(
                "annex {} is still being deleted after {}; it goes on by itself",
                record.id.name,
                removal.wait.patience()
            );
            return Err(AnnexError::TooSlow { what });
        }
        self.record(record, AnnexEvent::DeleteFailed { remains: reasons.clone() }).await?;
        Err(AnnexError::Remains { annex: record.id.name.to_string(), remains, reasons })
    }

    async fn remains(&self, record: &Annex) -> Result<Vec<AnnexLeftover>, CloudError> {
        self.insist(record, || self.cloud.remains(&record.id, record.cloud_id.as_deref())).await
    }

    /// Ends what the deletion leaves; returns what the cloud refused to end, each with a reason.
    async fn sweep(&self, record: &Annex, whole: bool) -> Result<Vec<(String, String)>, CloudError> {
        self.insist(record, || self.cloud.sweep(&record.id, whole)).await
    }

    async fn intend_delete(&self, record: &mut Annex, retain: Vec<String>) -> Result<(), AnnexError> {
        let token = token(record, &format!("delete all but {}", retain.join("\n")));
        self.record(record, AnnexEvent::DeleteIntended { token, retain }).await
    }

    /// Makes the intended delete call.
    async fn ask_to_delete(&self, record: &mut Annex) -> Result<(), AnnexError> {
        let (cloud_id, retain) = (record.cloud_id.as_deref(), &record.retain);
        let token = record.token.clone().unwrap_or_default();
        match self.insist(record, || self.cloud.delete(&record.id, cloud_id, retain, &token)).await {
            Ok(()) => Ok(()),
            Err(error) if error.kind == CloudErrorKind::TokenUsed => {
                // The next look asks again, with another token.
                let retain = record.retain.clone();
                self.intend_delete(record, retain).await
            }
            Err(error) => match self.look(record).await? {
                // Clouds refuse to delete a stack while it changes; that passes.
                Some(ObservedAnnex { state: ObservedState::Changing, .. }) => Ok(()),
                _ => Err(error.into()),
            },
        }
    }
}

/// A deletion in progress.
struct Deletion {
    wait: ChangeWait,
    /// Whether resources that are not visible yet may exist.
    in_doubt: bool,
    attempts: usize,
    /// The resources that could not be deleted, with reasons.
    reasons: Vec<(String, String)>,
    /// The number of looks in a row at which the cloud refused to end each of the remains.
    refused: usize,
    /// When the annex was first seen to be gone.
    gone_since: Option<Instant>,
}

/// Whether each of the remains is among what was refused.
fn refuses_all(refused: &[(String, String)], remains: &[AnnexLeftover]) -> bool {
    !refused.is_empty() && remains.iter().all(|remain| refused.iter().any(|(id, _)| *id == remain.id))
}
