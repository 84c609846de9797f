//! Who holds a run or an annex.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::plan::local_time;

/// Who holds a run or an annex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LockHolder {
    /// `user@host`.
    pub owner: String,
    /// The host's name.
    pub host: String,
    /// The process on that host.
    pub pid: i32,
    /// Since when.
    pub since: Timestamp,
    /// Its last sign of life.
    pub heartbeat: Timestamp,
}

impl LockHolder {
    /// For documents, with the time as those have it.
    pub fn in_document(&self) -> String {
        format!("{} (process {}) since {:.0}", self.owner, self.pid, self.since)
    }
}

/// For people.
impl fmt::Display for LockHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (process {}) since {}", self.owner, self.pid, local_time(self.since))
    }
}
