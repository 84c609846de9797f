//! The kinds of locks.

use std::fmt;

/// A kind of lockable record; each record has one writer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockKind {
    /// A run of a plan.
    Run,
    /// An annex.
    Annex,
    /// A fleet.
    Fleet,
}

impl LockKind {
    /// Returns the table of these records.
    pub(super) fn rows(self) -> &'static str {
        match self {
            Self::Run => "runs",
            Self::Annex => "annexes",
            Self::Fleet => "fleets",
        }
    }

    /// Returns the table of their locks.
    pub(super) fn locks(self) -> &'static str {
        match self {
            Self::Run => "locks",
            Self::Annex => "annex_locks",
            Self::Fleet => "fleet_locks",
        }
    }

    /// Returns the column of that table that refers to the record.
    pub(super) fn column(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Annex => "annex",
            Self::Fleet => "fleet",
        }
    }

    /// Returns the indefinite article of its name.
    pub(super) fn article(self) -> &'static str {
        match self {
            Self::Run => "a",
            Self::Annex => "an",
            Self::Fleet => "a",
        }
    }
}

impl fmt::Display for LockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Run => "run",
            Self::Annex => "annex",
            Self::Fleet => "fleet",
        })
    }
}
