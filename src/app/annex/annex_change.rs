//! Result of a command that creates or changes an annex.

use crate::annex::{Annex, AnnexInstance};

/// Condition that a command waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Readiness {
    /// The cloud has accepted the request.
    Accepted,
    /// The instances run.
    Running,
    /// The instances are in the pool.
    Joined,
}

/// Change that a command made to an annex.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum AnnexChange {
    /// The annex was created.
    Created,
    /// A change begun by an earlier command was completed.
    WentOn,
    /// The specification of the annex was changed.
    Updated,
    /// The end of the lease was moved.
    Extended,
    /// No change was necessary.
    Unchanged,
}

impl AnnexChange {
    /// Returns the name of the change used in documents.
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

/// An existing annex and the change that the command made to it.
pub(crate) struct ChangedAnnex {
    /// Record of the annex.
    pub(crate) record: Annex,
    /// Change made to the annex.
    pub(crate) change: AnnexChange,
    /// Instances of the annex, if the command waited for them.
    pub(crate) instances: Option<Vec<AnnexInstance>>,
}
