//! Records the instances to drain.

use super::super::state::{Annex, AnnexEvent};
use super::{AnnexError, Reconciler};

impl Reconciler<'_> {
    /// Records that these instances are to take no more jobs, and to be terminated once they have none. Instances for
    /// which this is recorded already are skipped.
    ///
    /// # Errors
    /// The error of the journal; the instances must not be told to drain then.
    pub async fn intend_drain(&self, record: &mut Annex, instances: &[String]) -> Result<(), AnnexError> {
        let is_new = |id: &&String| !record.draining.contains(id) && !record.released.contains(*id);
        let new: Vec<String> = instances.iter().filter(is_new).cloned().collect();
        if new.is_empty() { Ok(()) } else { self.record(record, AnnexEvent::DrainIntended { instances: new }).await }
    }
}
