//! Observation of an annex at its cloud and in its pool.

use jiff::Timestamp;

use crate::annex::{Annex, AnnexCloud, AnnexStatus, JOIN_GRACE, join, machines_of};
use crate::batch::htcondor::{HTCondor, HTCondorError};
use crate::provider::CloudError;

/// Answers of the cloud and the pool.
pub(super) struct AnnexObservation {
    /// Status of the annex; none if the cloud has nothing of it.
    pub(super) status: Option<AnnexStatus>,
    /// Error of the pool, if it could not be asked.
    pub(super) pool_error: Option<HTCondorError>,
}

/// Asks the cloud, and the pool if there is one.
pub(super) async fn observe(
    cloud: &dyn AnnexCloud,
    record: &Annex,
    pool: Option<&HTCondor>,
) -> Result<AnnexObservation, CloudError> {
    let Some(seen) = cloud.look(&record.id, record.cloud_id.as_deref()).await? else {
        return Ok(AnnexObservation { status: None, pool_error: None });
    };
    let slots = async {
        match pool {
            Some(pool) => Some(match machines_of(&record.id) {
                Ok(machines) => pool.slots(&machines).await,
                Err(error) => Err(error),
            }),
            None => None,
        }
    };
    let (instances, slots) = tokio::join!(cloud.instances(&record.id), slots);
    let (slots, pool_error) = match slots {
        Some(Ok(slots)) => (Some(slots), None),
        Some(Err(error)) => (None, Some(error)),
        None => (None, None),
    };
    let status = join(record.id.clone(), seen, instances?, slots, Timestamp::now(), JOIN_GRACE);
    Ok(AnnexObservation { status: Some(status), pool_error })
}
