//! Deleting an annex that no record of this state file is of.

use async_trait::async_trait;
use jiff::Timestamp;

use super::places::Place;
use crate::annex::{AnnexError, AnnexEvent, AnnexId, AnnexLedger, AnnexRecord, AnnexStage, Pace, Work};
use crate::engine::{CloudError, CloudErrorKind, StoreError};

/// Where nothing is recorded: what is cut off is found again as it was found.
struct Unrecorded;

#[async_trait]
impl AnnexLedger for Unrecorded {
    async fn record(&self, _: &AnnexEvent) -> Result<(), StoreError> {
        Ok(())
    }
}

/// Deletes it, and proves that nothing is left.
pub(super) async fn delete(place: &Place, id: &AnnexId) -> Result<(), CloudError> {
    let Some(cloud) = &place.annexes else { return Ok(()) };
    let work = Work { cloud: cloud.as_ref(), ledger: &Unrecorded, tell: &|_| {}, pace: Pace::default() };
    let mut record = AnnexRecord::new(id.clone(), place.config.clone(), Timestamp::now());
    // It was made, by somebody.
    (record.stage, record.made) = (AnnexStage::Settled, true);
    match work.delete(&mut record, true).await {
        Ok(()) => Ok(()),
        Err(AnnexError::Cloud(error)) => Err(error),
        Err(error) => Err(CloudError::new(CloudErrorKind::Refused, error.to_string())),
    }
}
