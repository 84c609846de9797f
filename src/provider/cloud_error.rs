//! Errors of clouds, classified by how to proceed.

use crate::diagnostics::Diagnostic;
use crate::retry::MayPass;

/// Why a cloud request failed.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct CloudError {
    /// The kind of failure, which determines the next step.
    pub kind: CloudErrorKind,
    /// The failure and the attempted action, for people.
    pub message: String,
    /// A hint.
    pub hint: Option<String>,
}

impl CloudError {
    /// Creates an error from its kind and message.
    pub fn new(kind: CloudErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// Creates an error of `kind` from a diagnostic.
    pub fn from_diagnostic(kind: CloudErrorKind, seen: Diagnostic) -> Self {
        Self { kind, message: seen.sentence(), hint: seen.joined_hints() }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Drops the kind, to report the error only.
impl From<CloudError> for Diagnostic {
    fn from(CloudError { message, hint, .. }: CloudError) -> Self {
        Self::error(message).hints(hint)
    }
}

impl MayPass for CloudError {
    fn may_pass(&self) -> bool {
        self.kind == CloudErrorKind::Transient
    }
}

/// How to proceed after a failure.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloudErrorKind {
    /// The response was lost or the service is busy: repeat the same call with the same token.
    Transient,
    /// No capacity for the request at present.
    NoCapacity,
    /// The token belongs to terminated instances: raise the attempt and launch again.
    TokenUsed,
    /// The request is invalid or not allowed; repeating it does not help.
    Rejected,
    /// The credentials are missing, invalid or insufficient: an operator has to fix them. Says nothing about the
    /// instances.
    Denied,
    /// A quota is exhausted; repeating helps once resources are freed or the quota is raised.
    Quota,
}

impl CloudErrorKind {
    /// Whether repeating the request gives the same refusal.
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::Rejected | Self::Denied)
    }
}
