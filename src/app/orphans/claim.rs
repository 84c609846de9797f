//! Whose things are that nobody here looks after.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::engine::{Orphan, OrphanReason};
use crate::provider::Leftover;
use crate::report::OrphanAnnex;

/// Whose something is, as far as can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Claim {
    /// Nobody's who may need it: it is of this state file, or its lease is over.
    Nobody,
    /// This user's, and of another state file.
    OtherState,
    /// Another user's.
    OtherOwner,
}

impl Claim {
    /// All of them, in the order in which they are told.
    pub(crate) const ALL: [Self; 3] = [Self::Nobody, Self::OtherState, Self::OtherOwner];
}

/// Who looks, and what is known here.
pub(crate) struct Claims {
    /// The user, as tags name one.
    pub(crate) me: String,
    /// What this state file's machines are tagged with; none where there is no file yet.
    pub(crate) state: Option<String>,
    /// The runs that it knows.
    pub(crate) known_runs: BTreeSet<String>,
    /// When leases are looked at.
    pub(crate) now: Timestamp,
}

impl Claims {
    /// Whose a machine is.
    pub(crate) fn machine(&self, orphan: &Orphan) -> Claim {
        match orphan.why {
            OrphanReason::LeaseOver(_) | OrphanReason::Unused => Claim::Nobody,
            OrphanReason::Unknown => self.owned(orphan.owner(), orphan.is_elsewhere(self.state.as_deref())),
        }
    }

    /// Whose something beside machines is.
    pub(crate) fn leftover(&self, thing: &Leftover) -> Claim {
        match &thing.run {
            _ if thing.expires_at.is_some_and(|end| end <= self.now) => Claim::Nobody,
            // Whatever its tags say of its owner: its run is recorded here, and over.
            Some(run) if self.known_runs.contains(run) => Claim::Nobody,
            run => self.owned(thing.owner.as_deref(), run.is_some()),
        }
    }

    /// Whose an annex is.
    pub(crate) fn annex(&self, annex: &OrphanAnnex) -> Claim {
        self.owned(annex.owner.as_deref(), annex.is_elsewhere(self.state.as_deref()))
    }

    fn owned(&self, owner: Option<&str>, is_elsewhere: bool) -> Claim {
        match owner == Some(self.me.as_str()) {
            true if is_elsewhere => Claim::OtherState,
            true => Claim::Nobody,
            false => Claim::OtherOwner,
        }
    }
}
