//! Whose things are that nobody here looks after, and the command that ends them.

use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::cli::context::Context;
use crate::engine::{Orphan, OrphanReason};
use crate::os::quoted;
use crate::provider::Leftover;
use crate::report::OrphanAnnex;

/// Whose something is, as far as can be seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Claim {
    /// Nobody's who may need it: it is of this state file, or its lease is over.
    Nobody,
    /// This user's, and of another state file.
    OtherState,
    /// Another user's.
    OtherOwner,
}

impl Claim {
    /// All of them, in the order in which they are told.
    pub(super) const ALL: [Self; 3] = [Self::Nobody, Self::OtherState, Self::OtherOwner];

    /// What ends it.
    pub(super) fn flags(self) -> &'static [&'static str] {
        match self {
            Self::Nobody => &["--terminate"],
            Self::OtherState => &["--terminate", "--other-states"],
            Self::OtherOwner => &["--terminate", "--all-owners"],
        }
    }

    /// What that does.
    pub(super) fn deed(self) -> &'static str {
        match self {
            Self::Nobody => "removes what is yours, or past its lease",
            Self::OtherState => "removes also what another state file of yours may look after",
            Self::OtherOwner => "removes also what others launched, which they may need",
        }
    }
}

/// Who looks, and what is known here.
pub(super) struct Claims<'a> {
    /// The user, as tags name one.
    pub(super) me: &'a str,
    /// What this state file's machines are tagged with; none where there is no file yet.
    pub(super) state: Option<&'a str>,
    /// The runs that it knows.
    pub(super) known_runs: &'a BTreeSet<String>,
    /// When leases are looked at.
    pub(super) now: Timestamp,
}

impl Claims<'_> {
    /// Whose a machine is.
    pub(super) fn machine(&self, orphan: &Orphan) -> Claim {
        match orphan.why {
            OrphanReason::LeaseOver(_) | OrphanReason::Unused => Claim::Nobody,
            OrphanReason::Unknown => self.owned(orphan.owner(), orphan.is_elsewhere(self.state)),
        }
    }

    /// Whose something beside machines is.
    pub(super) fn leftover(&self, thing: &Leftover) -> Claim {
        match &thing.run {
            _ if thing.expires_at.is_some_and(|end| end <= self.now) => Claim::Nobody,
            // Whatever its tags say of its owner: its run is recorded here, and over.
            Some(run) if self.known_runs.contains(run) => Claim::Nobody,
            run => self.owned(thing.owner.as_deref(), run.is_some()),
        }
    }

    /// Whose an annex is.
    pub(super) fn annex(&self, annex: &OrphanAnnex) -> Claim {
        self.owned(annex.owner.as_deref(), annex.is_elsewhere(self.state))
    }

    fn owned(&self, owner: Option<&str>, is_elsewhere: bool) -> Claim {
        match owner == Some(self.me) {
            true if is_elsewhere => Claim::OtherState,
            true => Claim::Nobody,
            false => Claim::OtherOwner,
        }
    }
}

/// `hoist orphans` with these flags, for the same places and the same state file as this time.
pub(super) fn again(context: &Context, all_regions: bool, flags: &[&str]) -> String {
    let clouds = &context.workspace.clouds;
    let mut words = vec!["hoist", "orphans"];
    words.extend(flags);
    words.extend(all_regions.then_some("--all-regions"));
    let mut command = words.join(" ");
    let state = context.state_option.as_ref().map(|path| path.to_string_lossy().into_owned());
    let options = [
        ("--profile", clouds.profile.clone()),
        ("--region", clouds.region.clone()),
        ("--endpoint-url", clouds.endpoint_url.clone()),
        ("--state", state),
    ];
    for (option, value) in options {
        let Some(value) = value else { continue };
        command.push_str(&format!(" {option} {}", quoted(&value)));
    }
    command
}
