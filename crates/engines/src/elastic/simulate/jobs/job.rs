use std::sync::Arc;

use serde::Serialize;

use super::needs::Needs;
use crate::elastic::engine::Seconds;

/// A job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Job {
    /// Time of its arrival.
    pub at: Seconds,
    /// Time that it runs, in seconds.
    pub run: u32,
    /// Index of its class in the workload.
    pub class: u32,
}

/// Jobs that are alike for a match.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct JobClass {
    /// Name of a group that the log gives: a queue, a project.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub group: Option<Arc<str>>,
    /// The user, where requirements may depend on it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub user: Option<Arc<str>>,
    /// The needs.
    pub needs: Needs,
}

/// Entries of a log that are no part of the workload.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct LeftOut {
    /// The reason.
    pub reason: &'static str,
    /// Their number.
    pub jobs: u64,
}
