//! Why a service is broken, in documents.

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
    /// Of a machine that is gone, for what its cloud says.
    pub(super) fn lost(reason: &'a str) -> Self {
        Self::Lost { stage: "lost", reason }
    }
}
