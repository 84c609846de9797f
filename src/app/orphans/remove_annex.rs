//! Deletion of an annex without a record in this state file.

use async_trait::async_trait;
use jiff::Timestamp;

use super::scope::AuditScope;
use crate::annex::{Annex, AnnexError, AnnexEvent, AnnexId, AnnexJournal, AnnexPhase, PollPolicy, Reconciler};
use crate::engine::JournalError;
use crate::provider::{CloudError, CloudErrorKind};

/// Journal that records nothing; an interrupted deletion is found again by the next audit.
struct Unrecorded;

#[async_trait]
impl AnnexJournal for Unrecorded {
    async fn record(&self, _: &AnnexEvent) -> Result<(), JournalError> {
        Ok(())
    }
}

/// Deletes the annex, and proves that nothing is left.
pub(super) async fn delete(place: &AuditScope, id: &AnnexId) -> Result<(), CloudError> {
    let Some(cloud) = &place.annexes else { return Ok(()) };
    let work = Reconciler { cloud: cloud.as_ref(), journal: &Unrecorded, tell: &|_| {}, pace: PollPolicy::default() };
    let mut record = Annex::new(id.clone(), place.config.clone(), Timestamp::now());
    // The annex exists, so somebody has created it.
    (record.stage, record.made) = (AnnexPhase::Settled, true);
    match work.delete(&mut record, true).await {
        Ok(()) => Ok(()),
        Err(AnnexError::Cloud(error)) => Err(error),
        Err(error) => Err(CloudError::new(CloudErrorKind::Rejected, error.to_string())),
    }
}
