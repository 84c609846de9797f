//! Stale values, given to boot programs and changed since, in documents.

use serde::Serialize;

use crate::engine::Stale;

/// A value that a boot program was given and that is another one now.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct StaleView {
    /// What has it, as plans write it: `${database.address}`.
    reference: String,
    /// What it was when the boot program was started.
    then: String,
    /// What it is now; null where there is no such value any more.
    now: Option<String>,
}

impl From<Stale> for StaleView {
    fn from(Stale { reference, then, now }: Stale) -> Self {
        Self { reference, then, now }
    }
}

/// Creates the views of all stale values.
pub(super) fn all(stale: impl IntoIterator<Item = Stale>) -> Vec<StaleView> {
    stale.into_iter().map(StaleView::from).collect()
}
