//! What a process may hold for writing.

use std::fmt;

/// What a process may hold for writing: one writer each, by the same rules.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LockKind {
    /// A run of a plan.
    Run,
    /// An annex.
    Annex,
}

impl LockKind {
    /// The table that has a row of each.
    pub(super) fn rows(self) -> &'static str {
        match self {
            Self::Run => "runs",
            Self::Annex => "annexes",
        }
    }

    /// The table of its locks.
    pub(super) fn locks(self) -> &'static str {
        match self {
            Self::Run => "locks",
            Self::Annex => "annex_locks",
        }
    }

    /// That table's column that tells what is held.
    pub(super) fn column(self) -> &'static str {
        match self {
            Self::Run => "run",
            Self::Annex => "annex",
        }
    }

    /// The indefinite article of its name.
    pub(super) fn article(self) -> &'static str {
        match self {
            Self::Run => "a",
            Self::Annex => "an",
        }
    }
}

impl fmt::Display for LockKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Run => "run",
            Self::Annex => "annex",
        })
    }
}
