//! Holders of runs and annexes.

use std::fmt;

use jiff::Timestamp;
use serde::Serialize;

use crate::plan::local_time;

/// The holder of a run or an annex.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LockHolder {
    /// `user@host`.
    pub owner: String,
    /// The host's name.
    pub host: String,
    /// The process id on that host.
    pub pid: i32,
    /// When it took the lock.
    pub since: Timestamp,
    /// Its last heartbeat.
    pub heartbeat: Timestamp,
}

impl LockHolder {
    /// Formats it for a document or for people.
    pub fn told(&self, in_document: bool) -> String {
        if in_document { self.in_document() } else { self.to_string() }
    }

    /// Formats it for documents, with their time format.
    pub fn in_document(&self) -> String {
        format!("{} (process {}) since {:.0}", self.owner, self.pid, self.since)
    }
}

/// Formats it for people.
impl fmt::Display for LockHolder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} (process {}) since {}", self.owner, self.pid, local_time(self.since))
    }
}
