//! Terminates single instances of an annex.

use super::super::state::{Annex, AnnexEvent, AnnexPhase};
use super::{AnnexError, Reconciler};
use crate::provider::CloudErrorKind;

impl Reconciler<'_> {
    /// Terminates these instances without replacement, and those that an earlier process intended to terminate. Returns
    /// when the cloud has accepted the request.
    ///
    /// # Errors
    /// The error of the cloud; when it refuses, the instances stay.
    pub async fn release(&self, record: &mut Annex, instances: &[String]) -> Result<(), AnnexError> {
        if matches!(record.stage, AnnexPhase::Deleting | AnnexPhase::Ended) {
            // They end with the whole annex.
            return Ok(());
        }
        let is_new = |id: &&String| !record.releasing.contains(id) && !record.released.contains(*id);
        let new: Vec<String> = instances.iter().filter(is_new).cloned().collect();
        if !new.is_empty() {
            self.record(record, AnnexEvent::ReleaseIntended { instances: new }).await?;
        }
        let instances = record.releasing.clone();
        if instances.is_empty() {
            return Ok(());
        }
        match self.insist(record, || self.cloud.release(&record.id, &instances)).await {
            Ok(()) => self.record(record, AnnexEvent::Released { instances }).await,
            Err(error) => {
                if error.kind != CloudErrorKind::Transient {
                    let reason = error.message.clone();
                    self.record(record, AnnexEvent::ReleaseRefused { instances, reason }).await?;
                }
                Err(error.into())
            }
        }
    }
}
