//! What can be read of an instance of an annex.

use super::join_failure::JoinFailure;
use super::node_log::NodeLog;
use crate::provider::{CloudError, InstanceState};

/// What can be read of an instance of an annex.
#[derive(Clone, Debug)]
pub struct InstanceLogs {
    /// The instance's id.
    pub instance: String,
    /// Its state; `None` where the cloud does not show it any more.
    pub state: Option<InstanceState>,
    /// Why it is not in its pool, by what it said and logged last; `None` where it says nothing of that.
    pub failure: Option<JoinFailure>,
    /// Its console.
    pub console: Result<String, MissingLog>,
    /// HTCondor's or the pilot's own logs, also those that cannot be read, and what it has stored beside them; `None`
    /// where it has none.
    pub logs: Option<Result<Vec<NodeLog>, MissingLog>>,
}

/// A log that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MissingLog {
    /// Why.
    pub why: String,
    /// What to try.
    pub hint: Option<String>,
}

impl InstanceLogs {
    /// Whether nothing at all can be read of it.
    pub fn is_missing(&self) -> bool {
        let is_unread = |logs: &Result<Vec<NodeLog>, _>| {
            logs.as_ref().map_or(true, |logs| logs.iter().all(|log| log.unread.is_some()))
        };
        self.console.is_err() && self.logs.as_ref().is_none_or(is_unread)
    }
}

impl From<CloudError> for MissingLog {
    fn from(CloudError { message, hint, .. }: CloudError) -> Self {
        Self { why: message, hint }
    }
}
