//! A snapshot of this machine's processes, taken on the first use.

use std::sync::{Arc, OnceLock};

use crate::host::{Census, Sighting};

/// The snapshot, once taken.
#[derive(Debug, Default)]
pub(super) struct ProcessView(OnceLock<Arc<Census>>);

impl ProcessView {
    /// Returns the snapshot.
    pub(super) fn census(&self) -> &Census {
        self.0.get_or_init(Census::fresh)
    }

    /// Whether any process carries the mark of this instance.
    pub(super) fn sees(&self, id: &str) -> bool {
        self.count(id) > 0
    }

    /// Returns the number of processes with this instance's mark.
    pub(super) fn count(&self, id: &str) -> usize {
        self.census().marked(id).len()
    }

    /// Returns the instance's init, if alive.
    pub(super) fn init(&self, id: &str) -> Option<&Sighting> {
        self.census().marked(id).iter().find(|sighting| sighting.is_init)
    }
}
