//! What the state file shows of a run without reading its journal.

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use super::lock_holder::LockHolder;
use crate::engine::Summary;
use crate::plan::Plan;

/// A run's number in its state file; never used again, also after the run is forgotten.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize)]
pub struct RunId(pub(super) i64);

impl fmt::Display for RunId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// A run to be created.
#[derive(Clone, Copy, Debug)]
pub struct NewRun<'a> {
    /// Its name; no other run that goes on may have it.
    pub name: &'a str,
    /// What it boots.
    pub plan: &'a Plan,
}

/// A run at a glance.
#[derive(Clone, Debug)]
pub struct RunRow {
    /// Its number.
    pub id: RunId,
    /// The run's name: unique among those that have not ended.
    pub name: String,
    /// Tells its machines from those of every other run, of any state file: the name and twelve random digits.
    pub tag: String,
    /// The name of the plan that it was created with.
    pub plan_name: String,
    /// That plan's file.
    pub plan_file: PathBuf,
    /// When it was created.
    pub created_at: Timestamp,
    /// When something was last recorded of it.
    pub updated_at: Timestamp,
    /// When it ended, if it did.
    pub ended_at: Option<Timestamp>,
    /// Where it stands.
    pub summary: Summary,
    /// Who works on it now; a lock that anybody may take over is not shown.
    pub lock: Option<LockHolder>,
}
