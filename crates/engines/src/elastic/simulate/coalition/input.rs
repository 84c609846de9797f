use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::nullable::nullable;
use crate::elastic::engine::Seconds;

/// The workload.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct Workload {
    pub(super) jobs: Vec<Submission>,
}

/// Jobs that are submitted together, one request each.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct Submission {
    pub(super) at: Seconds,
    #[serde(default = "one")]
    pub(super) count: u32,
    pub(super) run: Seconds,
    pub(super) name: Option<String>,
    pub(super) is_group: bool,
    /// Name of the group that it belongs to.
    pub(super) group: Option<String>,
    pub(super) paused: bool,
    pub(super) affinity: Option<String>,
    /// Names of the jobs that must be finished first.
    pub(super) dependencies: Vec<String>,
}

/// The behaviour of the cloud; times in seconds.
#[derive(Clone, Debug, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct Cloud {
    boot: Boot,
    /// Time between two requests of a worker.
    pub(super) poll: Seconds,
    /// Time that a machine goes on working after it was terminated.
    pub(super) grace: Seconds,
    overrides: BTreeMap<String, BootChange>,
}

impl Default for Cloud {
    fn default() -> Cloud {
        Cloud { boot: Boot::default(), poll: 2, grace: 0, overrides: BTreeMap::new() }
    }
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Boot {
    /// From the launch to the first request. None: never.
    boot: Option<Seconds>,
}

#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct BootChange {
    #[serde(deserialize_with = "nullable")]
    boot: Option<Option<Seconds>>,
}

impl Workload {
    /// Returns the number of all jobs.
    pub(in super::super) fn jobs(&self) -> u64 {
        self.jobs.iter().fold(0, |sum, submission| sum.saturating_add(u64::from(submission.count)))
    }
}

impl Cloud {
    /// Returns the time from launch to first request of the machine with this ordinal, the first being 1.
    pub(super) fn boot(&self, ordinal: usize) -> Option<Seconds> {
        self.overrides.get(&ordinal.to_string()).and_then(|change| change.boot).unwrap_or(self.boot.boot)
    }
}

fn one() -> u32 {
    1
}
