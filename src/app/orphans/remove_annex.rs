//! Deleting an annex that no record of this state file is of.

use async_trait::async_trait;
use jiff::Timestamp;

use super::scope::AuditScope;
use crate::annex::{Annex, AnnexError, AnnexEvent, AnnexId, AnnexJournal, AnnexPhase, PollPolicy, Reconciler};
use crate::engine::JournalError;
use crate::provider::{CloudError, CloudErrorKind};

/// Where nothing is recorded: what is cut off is found again as it was found.
struct Unrecorded;

#[async_trait]
impl AnnexJournal for Unrecorded {
    async fn record(&self, _: &AnnexEvent) -> Result<(), JournalError> {
        Ok(())
    }
}

/// Deletes it, and proves that nothing is left.
pub(super) async fn delete(place: &AuditScope, id: &AnnexId) -> Result<(), CloudError> {
    let Some(cloud) = &place.annexes else { return Ok(()) };
    let work = Reconciler { cloud: cloud.as_ref(), journal: &Unrecorded, tell: &|_| {}, pace: PollPolicy::default() };
    let mut record = Annex::new(id.clone(), place.config.clone(), Timestamp::now());
    // It was made, by somebody.
    (record.stage, record.made) = (AnnexPhase::Settled, true);
    match work.delete(&mut record, true).await {
        Ok(()) => Ok(()),
        Err(AnnexError::Cloud(error)) => Err(error),
        Err(error) => Err(CloudError::new(CloudErrorKind::Rejected, error.to_string())),
    }
}
