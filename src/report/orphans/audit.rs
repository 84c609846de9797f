//! What nobody looks after, by place.

use std::collections::BTreeSet;
use std::path::PathBuf;

use crate::annex::AnnexId;
use crate::engine::{Missing, Orphan};
use crate::provider::Leftover;

/// What was found everywhere, and what became of it.
pub struct Audit {
    /// What was found, by place; the places that have nothing are among them.
    pub found: Vec<AuditResult>,
    /// What could not be asked.
    pub failed: Vec<ScopeError>,
    /// What was removed.
    pub removed: Vec<String>,
    /// What was to be removed and is still there, with the reason.
    pub remains: Vec<String>,
    /// What the machines of this state file are tagged with; none where there is no file yet.
    pub state: Option<String>,
    /// The runs that it knows.
    pub known_runs: BTreeSet<String>,
}

/// What was found in one place.
pub struct AuditResult {
    /// The place: a cloud, with its region where it has several.
    pub place: String,
    /// Machines without a run that looks after them.
    pub orphans: Vec<Orphan>,
    /// What carries our tags beside machines, and belongs to no run that goes on.
    pub leftovers: Vec<Leftover>,
    /// Recorded machines that are not there.
    pub missing: Vec<Missing>,
    /// Annexes that no record of this state file is of.
    pub annexes: Vec<OrphanAnnex>,
    /// What another state file on this machine looks after: no orphans.
    pub looked_after: Vec<LookedAfter>,
}

/// Something that another state file on this machine looks after.
#[derive(Clone, Debug)]
pub struct LookedAfter {
    /// The place, and the error that came in place of its answer.
    pub what: String,
    /// Its run, where it is a machine.
    pub run: Option<String>,
    /// That file.
    pub state_file: PathBuf,
}

/// An annex that no record of this state file is of; another may know it.
#[derive(Clone, Debug)]
pub struct OrphanAnnex {
    /// Which annex.
    pub id: AnnexId,
    /// Who made it, as far as can be told.
    pub owner: Option<String>,
    /// Which state file looks after it, as far as can be told.
    pub state: Option<String>,
}

impl OrphanAnnex {
    /// Whether it may be another state file's than `mine`.
    pub fn is_elsewhere(&self, mine: Option<&str>) -> bool {
        self.state.is_none() || self.state.as_deref() != mine
    }
}

/// A place that could not be asked.
pub struct ScopeError {
    /// Which, and why.
    pub what: String,
    /// What to try.
    pub hint: Option<String>,
}

impl Audit {
    /// Whether everything that could be asked is as it should be.
    pub fn is_clean(&self) -> bool {
        self.found.iter().all(AuditResult::is_clean)
    }

    /// Whether a thing is of a run that this state file does not know.
    pub fn is_unknown(&self, thing: &Leftover) -> bool {
        thing.run.as_ref().is_some_and(|run| !self.known_runs.contains(run))
    }
}

impl AuditResult {
    fn is_clean(&self) -> bool {
        self.orphans.is_empty() && self.leftovers.is_empty() && self.missing.is_empty() && self.annexes.is_empty()
    }
}
