//! A look at this machine's processes, taken when the first question comes up that records alone do not answer.

use std::sync::{Arc, OnceLock};

use crate::host::{Census, Sighting};

/// The look, once it was taken.
#[derive(Debug, Default)]
pub(super) struct ProcessView(OnceLock<Arc<Census>>);

impl ProcessView {
    /// What was seen.
    pub(super) fn census(&self) -> &Census {
        self.0.get_or_init(Census::fresh)
    }

    /// Whether any process carries the mark of this instance.
    pub(super) fn sees(&self, id: &str) -> bool {
        self.count(id) > 0
    }

    /// How many processes carry it.
    pub(super) fn count(&self, id: &str) -> usize {
        self.census().marked(id).len()
    }

    /// The instance's init, if it lives.
    pub(super) fn init(&self, id: &str) -> Option<&Sighting> {
        self.census().marked(id).iter().find(|sighting| sighting.is_init)
    }
}
