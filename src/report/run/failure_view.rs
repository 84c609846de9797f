//! Failure of a service in documents.

use serde::Serialize;

use crate::engine::Failure;

/// Why a service is broken.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(untagged)]
pub enum FailureView<'a> {
    /// It failed in one of its stages.
    Recorded(&'a Failure),
    /// Its machine is gone, and nobody asked for that.
    Lost {
        /// `lost`.
        stage: &'static str,
        /// What its cloud says.
        reason: &'a str,
    },
}

impl<'a> FailureView<'a> {
    /// Creates the view of a lost instance, with the reason given by its cloud.
    pub(super) fn lost(reason: &'a str) -> Self {
        Self::Lost { stage: "lost", reason }
    }
}
