//! Why a cloud did not do what it was asked, and what that means for the next step.

use crate::diagnostics::Diagnostic;
use crate::retry::MayPass;

/// Why a cloud did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}")]
pub struct CloudError {
    /// What kind of failure it is, which decides what happens next.
    pub kind: CloudErrorKind,
    /// What failed while doing what, for a person.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
}

impl CloudError {
    /// A failure of `kind` with its message.
    pub fn new(kind: CloudErrorKind, message: impl Into<String>) -> Self {
        Self { kind, message: message.into(), hint: None }
    }

    /// A failure of `kind` that was seen elsewhere.
    pub fn from_diagnostic(kind: CloudErrorKind, seen: Diagnostic) -> Self {
        Self { kind, message: seen.sentence(), hint: seen.joined_hints() }
    }

    /// The same, with what to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// As something to be told, where nothing follows from its kind.
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

/// What a failure means for the next step.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CloudErrorKind {
    /// The answer was lost or the service is busy: the same call again, with the same token, is right.
    Transient,
    /// There are no such machines to be had now.
    NoCapacity,
    /// The token belongs to instances that are gone: raise the attempt and launch anew.
    TokenUsed,
    /// The request is wrong or not allowed; repeating it does not help.
    Rejected,
    /// The credentials are not good, or not good enough: a person has to mend that. It says nothing of the machines.
    Denied,
    /// The account may not have so much; repeating it helps once less is there, or more is granted.
    Quota,
}

impl CloudErrorKind {
    /// Whether the cloud will say no again, however often it is asked.
    pub fn is_refusal(self) -> bool {
        matches!(self, Self::Rejected | Self::Denied)
    }
}
