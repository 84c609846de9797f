//! Creates and changes an annex.

use super::super::cloud::{ObservedAnnex, ObservedState};
use super::super::spec::AnnexSpec;
use super::super::state::{Annex, AnnexEvent, AnnexPhase};
use super::client_token::token;
use super::observe::shows;
use super::{AnnexError, Progress, Reconciler, WaitFor};
use crate::provider::{CloudError, CloudErrorKind};

/// The number of consecutive looks that must find nothing before an existing annex is considered gone.
const LOOKS: usize = 3;

impl Reconciler<'_> {
    /// Makes the annex match `spec`. Continues the change of an earlier process if it is the same, and otherwise waits
    /// for it to finish first.
    ///
    /// # Errors
    /// When the cloud refuses or gives up, the annex is as it was before; if it was being created, nothing is left of
    /// it, and `record` has ended. [`AnnexError::Ending`] when it is being deleted or gone.
    pub async fn apply(&self, record: &mut Annex, spec: &AnnexSpec, until: WaitFor) -> Result<(), AnnexError> {
        self.conclude(record, spec).await?;
        let repeated = record.stage == AnnexPhase::Applying && record.spec.as_ref() == Some(spec);
        if !repeated {
            self.intend(record, spec).await?;
        }
        if !record.accepted {
            self.ask(record, spec, repeated).await?;
        }
        match until {
            WaitFor::Accepted => Ok(()),
            WaitFor::Settled => self.settle(record).await,
        }
    }

    /// Finishes the change of an earlier process, so that another one can be requested.
    async fn conclude(&self, record: &mut Annex, spec: &AnnexSpec) -> Result<(), AnnexError> {
        if record.stage == AnnexPhase::Applying && record.spec.as_ref() != Some(spec) {
            self.refresh(record).await?;
            if record.stage == AnnexPhase::Applying && record.accepted {
                match self.settle(record).await {
                    // The earlier change failed and the annex is as it was before it; this change may succeed.
                    Err(AnnexError::Failed { .. }) if record.made => {}
                    other => other?,
                }
            }
        }
        let why = not_made(record, record.reason.as_deref().unwrap_or("it was cut off"));
        match record.stage {
            AnnexPhase::New | AnnexPhase::Applying => Ok(()),
            AnnexPhase::Failed if !record.made => self.roll_back(record, why, true).await,
            AnnexPhase::Deleting if record.rolled_back => self.roll_back(record, why, true).await,
            AnnexPhase::Ended if record.rolled_back => Err(why),
            AnnexPhase::Settled | AnnexPhase::Failed => self.make_sure(record).await,
            AnnexPhase::Deleting => {
                Err(AnnexError::Ending { what: format!("annex {} is being deleted", record.id.name) })
            }
            AnnexPhase::Ended => Err(AnnexError::Ending { what: format!("annex {} has ended", record.id.name) }),
        }
    }

    /// Checks that an annex that existed before still does.
    async fn make_sure(&self, record: &Annex) -> Result<(), AnnexError> {
        let mut wait = self.wait(record);
        let mut looks = 0;
        loop {
            looks += 1;
            match self.look(record).await? {
                Some(ObservedAnnex { state: ObservedState::Deleting | ObservedState::DeleteFailed(_), .. }) => {
                    return Err(going(record));
                }
                Some(_) => return Ok(()),
                None if looks < LOOKS => wait.pause().await,
                None => return Err(gone(record)),
            }
        }
    }

    async fn intend(&self, record: &mut Annex, spec: &AnnexSpec) -> Result<(), AnnexError> {
        // Serialisation cannot fail: all maps have string keys.
        let token = token(record, &serde_json::to_string(spec).unwrap_or_default());
        self.record(record, AnnexEvent::ApplyIntended { token, spec: Box::new(spec.clone()) }).await
    }

    /// Makes the intended call until the cloud accepts it. `in_doubt`: an earlier process may have made it already.
    async fn ask(&self, record: &mut Annex, spec: &AnnexSpec, mut in_doubt: bool) -> Result<(), AnnexError> {
        let mut wait = self.wait(record);
        let mut asking = self.wait(record);
        let mut renewed = false;
        loop {
            let token = record.token.clone().unwrap_or_default();
            match self.cloud.apply(&record.id, spec, &token).await {
                Ok(cloud_id) => {
                    self.record(record, AnnexEvent::ApplyAccepted { cloud_id }).await?;
                    (self.tell)(&Progress::Asked);
                    return Ok(());
                }
                Err(error) if error.kind == CloudErrorKind::Transient => {
                    in_doubt = true;
                    // The cloud is busy with another change, for as long as that takes.
                    if self.is_busy(record).await {
                        asking = self.wait(record);
                    }
                    if wait.is_over() || !asking.is_within(self.pace.insist) {
                        return Err(goes_on(error).into());
                    }
                }
                Err(error) if error.kind == CloudErrorKind::TokenUsed && !renewed => {
                    renewed = true;
                    self.intend(record, spec).await?;
                    continue;
                }
                Err(error) => return self.refused(record, error, in_doubt).await,
            }
            wait.pause().await;
        }
    }

    /// Whether another change is under way; false when the cloud does not answer.
    async fn is_busy(&self, record: &Annex) -> bool {
        let seen = self.cloud.look(&record.id, record.cloud_id.as_deref()).await;
        matches!(seen, Ok(Some(seen)) if seen.state == ObservedState::Changing)
    }

    /// Handles the cloud's refusal of a change.
    async fn refused(&self, record: &mut Annex, error: CloudError, in_doubt: bool) -> Result<(), AnnexError> {
        if in_doubt {
            // If even this is unknown, the intent stands, and repeating the command continues it.
            let seen = self.look(record).await?;
            if let Some(seen) = seen.filter(|seen| shows(record, seen)) {
                return self.record(record, AnnexEvent::ApplyAccepted { cloud_id: seen.cloud_id }).await;
            }
        }
        self.record(record, AnnexEvent::ApplyFailed { reason: error.message.clone() }).await?;
        if record.made {
            return Err(error.into());
        }
        self.roll_back(record, error.into(), in_doubt).await
    }

    /// Removes the remains of an annex that could not be created, and returns the reason.
    pub(super) async fn roll_back(
        &self,
        record: &mut Annex,
        why: AnnexError,
        in_doubt: bool,
    ) -> Result<(), AnnexError> {
        match self.remove(record, in_doubt).await {
            Ok(()) => Err(why),
            Err(AnnexError::Remains { annex, remains, mut reasons }) => {
                reasons.insert(0, (annex.clone(), why.to_string()));
                Err(AnnexError::Remains { annex, remains, reasons })
            }
            Err(error @ AnnexError::Store(_)) => Err(error),
            Err(error) => Err(AnnexError::Failed {
                reason: format!("{why}; and what there is of it could not be removed: {error}"),
            }),
        }
    }
}

/// Adds to an error that the change is not lost.
fn goes_on(error: CloudError) -> CloudError {
    if error.hint.is_some() { error } else { error.hint("the same command goes on from here") }
}

/// The error of an annex that could not be created.
pub(super) fn not_made(record: &Annex, why: &str) -> AnnexError {
    AnnexError::Failed { reason: format!("annex {} could not be made: {why}", record.id.name) }
}

/// The error of an annex that is gone although it was not deleted here.
pub(super) fn gone(record: &Annex) -> AnnexError {
    let what = format!("annex {} is gone: its lease is over, or somebody deleted it elsewhere", record.id.name);
    AnnexError::Ending { what }
}

/// The error of an annex that is being deleted by somebody else.
pub(super) fn going(record: &Annex) -> AnnexError {
    let what =
        format!("annex {} is on its way out: its lease is over, or somebody deletes it elsewhere", record.id.name);
    AnnexError::Ending { what }
}
