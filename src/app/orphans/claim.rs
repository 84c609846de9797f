//! Ownership of orphans.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::engine::{Orphan, OrphanReason};
use crate::provider::Leftover;
use crate::report::OrphanAnnex;

/// Owner of a resource, as far as known.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Claim {
    /// Nobody: the resource belongs to this state file, or its lease is over.
    Nobody,
    /// This user, in another state file.
    OtherState,
    /// Another user.
    OtherOwner,
}

impl Claim {
    /// All claims, in the order of messages.
    pub(crate) const ALL: [Self; 3] = [Self::Nobody, Self::OtherState, Self::OtherOwner];
}

/// Identity of the user and records of this state file.
pub(crate) struct Claims {
    /// Name of the user, as in tags.
    pub(crate) me: String,
    /// Id of this state file, as in tags; none if there is no file yet.
    pub(crate) state: Option<String>,
    /// Ids of the runs in this state file.
    pub(crate) known_runs: BTreeSet<String>,
    /// Time at which leases are judged.
    pub(crate) now: Timestamp,
}

impl Claims {
    /// Returns the claim on an instance.
    pub(crate) fn machine(&self, orphan: &Orphan) -> Claim {
        match orphan.why {
            OrphanReason::LeaseOver(_) | OrphanReason::Unused => Claim::Nobody,
            OrphanReason::Unknown => self.owned(orphan.owner(), orphan.is_elsewhere(self.state.as_deref())),
        }
    }

    /// Returns the claim on a resource other than an instance.
    pub(crate) fn leftover(&self, thing: &Leftover) -> Claim {
        match &thing.run {
            _ if thing.expires_at.is_some_and(|end| end <= self.now) => Claim::Nobody,
            // The run is recorded here and over, whatever owner the tags name.
            Some(run) if self.known_runs.contains(run) => Claim::Nobody,
            run => self.owned(thing.owner.as_deref(), run.is_some()),
        }
    }

    /// Returns the claim on an annex.
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
