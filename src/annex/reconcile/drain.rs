//! Recording which instances are to take no more jobs.

use super::super::state::{Annex, AnnexEvent};
use super::{AnnexError, Reconciler};

impl Reconciler<'_> {
    /// Records that these instances are to take no more jobs, to be ended when they have none; those of which that is
    /// recorded already are not recorded again.
    ///
    /// # Errors
    /// What keeps it from being recorded; then they must not be told.
    pub async fn intend_drain(&self, record: &mut Annex, instances: &[String]) -> Result<(), AnnexError> {
        let is_new = |id: &&String| !record.draining.contains(id) && !record.released.contains(*id);
        let new: Vec<String> = instances.iter().filter(is_new).cloned().collect();
        if new.is_empty() { Ok(()) } else { self.record(record, AnnexEvent::DrainIntended { instances: new }).await }
    }
}
