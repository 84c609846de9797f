//! The document of annexes that were to be deleted.

use serde::Serialize;

use crate::annex::{AnnexId, AnnexName};
use crate::report::schema_version::SchemaVersion;

/// The document of `hoist annex delete`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnnexDeletionsDocument {
    schema: SchemaVersion,
    /// In the order in which they were named.
    annexes: Vec<AnnexDeletionView>,
}

/// An annex that was to be deleted.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnnexDeletionView {
    /// Its name.
    annex: AnnexName,
    /// Its name, and the chance that tells it from others of this name.
    tag: String,
    /// `deleted` or `failed`.
    outcome: &'static str,
    /// Why it failed.
    #[serde(skip_serializing_if = "Option::is_none")]
    error: Option<String>,
}

impl AnnexDeletionsDocument {
    /// Of these annexes.
    pub fn new(annexes: Vec<AnnexDeletionView>) -> Self {
        Self { schema: SchemaVersion, annexes }
    }
}

impl AnnexDeletionView {
    /// Of one of which nothing is left.
    pub fn deleted(id: &AnnexId) -> Self {
        Self { annex: id.name.clone(), tag: id.tag(), outcome: "deleted", error: None }
    }

    /// Of one that could not be deleted, for this reason.
    pub fn failed(id: &AnnexId, error: String) -> Self {
        Self { annex: id.name.clone(), tag: id.tag(), outcome: "failed", error: Some(error) }
    }
}
