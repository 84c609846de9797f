//! Why a host did not do what it was asked, and what to try.

use std::fmt;

use crate::diagnostics::Diagnostic;

/// Why a host did not do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// It does not answer, now; it may later.
    #[error("{0}")]
    Unreachable(Complaint),
    /// Its machine no longer exists.
    #[error("{0}")]
    Gone(Complaint),
    /// It answers, and cannot do this.
    #[error("{0}")]
    Failed(Complaint),
}

/// What is said of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Complaint {
    /// What went wrong with which host, in one sentence.
    pub reason: String,
    /// What to try.
    pub hint: Option<String>,
    /// The same for somebody who watches it being tried again.
    pub awaited: Option<Awaited>,
    /// Whether we could not get in: that says nothing of how the host is.
    pub kept_out: bool,
    /// Whether another machine than ours answers at its address: that says something of ours.
    pub stranger: bool,
    /// Whether the machine on which we run lacks what it takes (room, memory, processes): that says nothing of how the
    /// host is.
    pub ours: bool,
}

/// What is waited for, in a few words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Awaited {
    /// `SSH on 10.0.0.1:22`.
    pub what: String,
    /// Why it has not come yet: `timed out`.
    pub why: String,
    /// Waiting alone will probably not help: to be told at once.
    pub at_once: bool,
}

impl HostError {
    /// It does not answer, for this reason.
    pub fn unreachable(reason: impl Into<Complaint>) -> Self {
        Self::Unreachable(reason.into())
    }

    /// Its machine no longer exists.
    pub fn gone(reason: impl Into<Complaint>) -> Self {
        Self::Gone(reason.into())
    }

    /// It cannot do this.
    pub fn failed(reason: impl Into<Complaint>) -> Self {
        Self::Failed(reason.into())
    }

    /// The same, with what to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.complaint_mut().hint = Some(hint.into());
        self
    }

    /// The same, for somebody who watches.
    #[must_use]
    pub fn awaited(mut self, awaited: Awaited) -> Self {
        self.complaint_mut().awaited = Some(awaited);
        self
    }

    /// The same of what failed before we were in.
    #[must_use]
    pub fn kept_out(mut self) -> Self {
        self.complaint_mut().kept_out = matches!(&self, Self::Failed(complaint) if !complaint.stranger);
        self
    }

    /// The same where another machine than ours answers.
    #[must_use]
    pub fn stranger(mut self) -> Self {
        self.complaint_mut().stranger = true;
        self
    }

    /// The same where our own machine lacks what it takes.
    #[must_use]
    pub fn ours(mut self) -> Self {
        self.complaint_mut().ours = true;
        self
    }

    /// What is said of it.
    pub fn complaint(&self) -> &Complaint {
        match self {
            Self::Unreachable(complaint) | Self::Gone(complaint) | Self::Failed(complaint) => complaint,
        }
    }

    /// The same, without the kind.
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
    /// Whether these words are said, of the reason or of what to try.
    pub fn contains(&self, words: &str) -> bool {
        self.reason.contains(words) || self.hint.as_ref().is_some_and(|hint| hint.contains(words))
    }
}

impl fmt::Display for Complaint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.reason)
    }
}

/// As something to be told, where nothing follows from its kind.
impl From<HostError> for Diagnostic {
    fn from(error: HostError) -> Self {
        let Complaint { reason, hint, .. } = error.into_complaint();
        Self::error(reason).hints(hint)
    }
}

/// What was seen elsewhere, said of a host.
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
