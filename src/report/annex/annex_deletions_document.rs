//! The document of annexes to be deleted.

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
    /// Creates the document of these annexes.
    pub fn new(annexes: Vec<AnnexDeletionView>) -> Self {
        Self { schema: SchemaVersion, annexes }
    }
}

impl AnnexDeletionView {
    /// Creates the view of a deleted annex.
    pub fn deleted(id: &AnnexId) -> Self {
        Self { annex: id.name.clone(), tag: id.tag(), outcome: "deleted", error: None }
    }

    /// Creates the view of an annex that could not be deleted, with the error.
    pub fn failed(id: &AnnexId, error: String) -> Self {
        Self { annex: id.name.clone(), tag: id.tag(), outcome: "failed", error: Some(error) }
    }
}
