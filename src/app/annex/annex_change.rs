//! What a command that makes or changes an annex gives back.

use crate::annex::{Annex, AnnexInstance};

/// How far a command waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// Until the cloud has taken the request.
    Accepted,
    /// Until the instances run.
    Running,
    /// Until they are in the pool.
    Joined,
}

/// What happened to an annex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnnexChange {
    /// It was made.
    Created,
    /// What an earlier command had begun was finished.
    WentOn,
    /// It is something else now.
    Updated,
    /// Its lease ends at another time.
    Extended,
    /// Nothing: it was as it should be.
    Unchanged,
}

impl AnnexChange {
    /// The word for it in documents.
    pub(crate) fn as_str(self) -> &'static str {
        match self {
            Self::Created => "created",
            Self::WentOn => "went-on",
            Self::Updated => "updated",
            Self::Extended => "extended",
            Self::Unchanged => "unchanged",
        }
    }
}

/// An annex that is there, and how that came.
pub(crate) struct ChangedAnnex {
    /// What is recorded of it.
    pub(crate) record: Annex,
    /// What happened to it.
    pub(crate) change: AnnexChange,
    /// Its instances, where they were waited for.
    pub(crate) instances: Option<Vec<AnnexInstance>>,
}
