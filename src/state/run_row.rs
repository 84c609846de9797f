//! Summaries of runs in the state file.

use std::fmt;
use std::path::PathBuf;

use jiff::Timestamp;
use serde::Serialize;

use super::lock_holder::LockHolder;
use crate::engine::Summary;
use crate::plan::Plan;

/// A run's number in its state file; never reused, even after the run is forgotten.
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
    /// Its name; unique among the runs that have not ended.
    pub name: &'a str,
    /// The plan to boot.
    pub plan: &'a Plan,
}

/// A summary of a run.
#[derive(Clone, Debug)]
pub struct RunRow {
    /// Its number.
    pub id: RunId,
    /// Its name: unique among the runs that have not ended.
    pub name: String,
    /// Its tag, which identifies its instances among those of all runs of all state files: the name and twelve random
    /// digits.
    pub tag: String,
    /// The name of the plan that it was created with.
    pub plan_name: String,
    /// That plan's file.
    pub plan_file: PathBuf,
    /// When it was created.
    pub created_at: Timestamp,
    /// The time of its last record.
    pub updated_at: Timestamp,
    /// When it ended, if it did.
    pub ended_at: Option<Timestamp>,
    /// Its summary.
    pub summary: Summary,
    /// The holder of its lock; a lock that may be taken over is not shown.
    pub lock: Option<LockHolder>,
}
