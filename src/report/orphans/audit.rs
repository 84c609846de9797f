//! Orphans by place.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::annex::{AnnexId, AnnexLeftover};
use crate::engine::{Missing, Orphan};
use crate::provider::Leftover;

/// Result of an audit of all places, and of the removals.
pub struct Audit {
    /// Results by place, including places without orphans.
    pub found: Vec<AuditResult>,
    /// Places that could not be asked.
    pub failed: Vec<ScopeError>,
    /// Removed resources.
    pub removed: Vec<String>,
    /// Resources that could not be removed, with the reason.
    pub remains: Vec<String>,
    /// Id of this state file, as in tags; none if there is no file yet.
    pub state: Option<String>,
    /// Ids of the runs in this state file.
    pub known_runs: BTreeSet<String>,
}

/// Result of the audit of one place.
pub struct AuditResult {
    /// Label of the place: a cloud, with its region if it has several.
    pub place: String,
    /// Instances without a run that looks after them.
    pub orphans: Vec<Orphan>,
    /// Tagged resources other than instances that belong to no active run.
    pub leftovers: Vec<Leftover>,
    /// Recorded instances that do not exist.
    pub missing: Vec<Missing>,
    /// Annexes without a record in this state file.
    pub annexes: Vec<OrphanAnnex>,
    /// Resources that another state file on this machine looks after, which are no orphans.
    pub looked_after: Vec<LookedAfter>,
}

/// A resource that another state file on this machine looks after.
#[derive(Clone, Debug)]
pub struct LookedAfter {
    /// Description of the resource.
    pub what: String,
    /// Run of the resource, if it is an instance.
    pub run: Option<String>,
    /// The other state file.
    pub state_file: PathBuf,
}

/// An annex without a record in this state file, which another file may record; or what is left of one whose stack is
/// gone.
#[derive(Clone, Debug)]
pub struct OrphanAnnex {
    /// Id of the annex.
    pub id: AnnexId,
    /// Its creator, if known.
    pub owner: Option<String>,
    /// Id of the state file that looks after it, if known.
    pub state: Option<String>,
    /// What is left of it, where the cloud shows no annex any more.
    pub remains: Vec<AnnexLeftover>,
    /// Whether this state file records it as living.
    pub recorded: bool,
}

impl OrphanAnnex {
    /// Returns whether it may belong to a state file other than `mine`.
    pub fn is_elsewhere(&self, mine: Option<&str>) -> bool {
        self.state.is_none() || self.state.as_deref() != mine
    }
}

/// A place that could not be asked.
pub struct ScopeError {
    /// Label of the place, and the error.
    pub what: String,
    /// Hint of the error.
    pub hint: Option<String>,
}

impl Audit {
    /// Returns whether all places that could be asked are clean.
    pub fn is_clean(&self) -> bool {
        self.found.iter().all(AuditResult::is_clean)
    }

    /// Returns whether a resource belongs to a run that this state file does not know.
    pub fn is_unknown(&self, thing: &Leftover) -> bool {
        thing.run.as_ref().is_some_and(|run| !self.known_runs.contains(run))
    }
}

impl AuditResult {
    fn is_clean(&self) -> bool {
        self.orphans.is_empty() && self.leftovers.is_empty() && self.missing.is_empty() && self.annexes.is_empty()
    }
}
