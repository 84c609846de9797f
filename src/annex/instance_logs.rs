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
    /// HTCondor's own logs, and what it has stored beside them; `None` where it joins no pool.
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
        self.console.is_err() && self.logs.as_ref().is_none_or(Result::is_err)
    }
}

impl From<CloudError> for MissingLog {
    fn from(CloudError { message, hint, .. }: CloudError) -> Self {
        Self { why: message, hint }
    }
}
