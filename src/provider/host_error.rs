//! Errors of hosts.

use std::fmt;

use crate::diagnostics::Diagnostic;

/// Why a request to a host failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// The host does not answer at present; it may later.
    #[error("{0}")]
    Unreachable(Complaint),
    /// Its instance no longer exists.
    #[error("{0}")]
    Gone(Complaint),
    /// The host answers, and cannot fulfil the request.
    #[error("{0}")]
    Failed(Complaint),
}

/// The details of an error.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// The failure and the host, in one sentence.
    pub reason: String,
    /// A hint.
    pub hint: Option<String>,
    /// A short form, shown while the request is retried.
    pub awaited: Option<Awaited>,
    /// Whether access failed (authentication): this says nothing about the host's condition.
    pub kept_out: bool,
    /// Whether another machine answers at the host's address: this says something about the instance's condition.
    pub stranger: bool,
    /// Whether the machine that runs hoist lacks resources (disk, memory, processes): this says nothing about the
    /// host's condition.
    pub ours: bool,
}

/// A short description of an awaited event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// `SSH on 10.0.0.1:22`.
    pub what: String,
    /// Why it has not occurred yet: `timed out`.
    pub why: String,
    /// Whether waiting alone will probably not help, so that it is shown at once.
    pub at_once: bool,
}

impl HostError {
    /// Creates an [`Unreachable`](Self::Unreachable) error.
    pub fn unreachable(reason: impl Into<Complaint>) -> Self {
        Self::Unreachable(reason.into())
    }

    /// Creates a [`Gone`](Self::Gone) error.
    pub fn gone(reason: impl Into<Complaint>) -> Self {
        Self::Gone(reason.into())
    }

    /// Creates a [`Failed`](Self::Failed) error.
    pub fn failed(reason: impl Into<Complaint>) -> Self {
        Self::Failed(reason.into())
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.complaint_mut().hint = Some(hint.into());
        self
    }

    /// Adds the short form for retries.
    #[must_use]
    pub fn awaited(mut self, awaited: Awaited) -> Self {
        self.complaint_mut().awaited = Some(awaited);
        self
    }

    /// Marks the error as a failed access.
    #[must_use]
    pub fn kept_out(mut self) -> Self {
        self.complaint_mut().kept_out = matches!(&self, Self::Failed(complaint) if !complaint.stranger);
        self
    }

    /// Marks the error as caused by another machine at the address.
    #[must_use]
    pub fn stranger(mut self) -> Self {
        self.complaint_mut().stranger = true;
        self
    }

    /// Marks the error as caused by a lack of resources on the machine that runs hoist.
    #[must_use]
    pub fn ours(mut self) -> Self {
        self.complaint_mut().ours = true;
        self
    }

    /// Returns the details.
    pub fn complaint(&self) -> &Complaint {
        match self {
            Self::Unreachable(complaint) | Self::Gone(complaint) | Self::Failed(complaint) => complaint,
        }
    }

    /// Returns the details, without the kind.
    pub fn into_complaint(self) -> Complaint {
        match self {
            Self::Unreachable(complaint) | Self::Gone(complaint) | Self::Failed(complaint) => complaint,
        }
    }

    fn complaint_mut(&mut self) -> &mut Complaint {
        match self {
            Self::Unreachable(complaint) | Self::Gone(complaint) | Self::Failed(complaint) => complaint,
        }
    }
}

impl Complaint {
    /// Whether the reason or the hint contains these words.
    pub fn contains(&self, words: &str) -> bool {
        self.reason.contains(words) || self.hint.as_ref().is_some_and(|hint| hint.contains(words))
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// Drops the kind, to report the error only.
impl From<HostError> for Diagnostic {
    fn from(error: HostError) -> Self {
        let Complaint { reason, hint, .. } = error.into_complaint();
        Self::error(reason).hints(hint)
    }
}

/// Takes over reason and hint of a diagnostic.
impl From<Diagnostic> for Complaint {
    fn from(seen: Diagnostic) -> Self {
        Self { hint: seen.joined_hints(), ..seen.sentence().into() }
    }
}

impl From<String> for Complaint {
    fn from(reason: String) -> Self {
        Self { reason, hint: None, awaited: None, kept_out: false, stranger: false, ours: false }
    }
}

impl From<&str> for Complaint {
    fn from(reason: &str) -> Self {
        reason.to_owned().into()
    }
}
