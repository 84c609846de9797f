use std::collections::BTreeMap;

use serde::Deserialize;

use super::super::nullable::nullable;
use crate::elastic::engine::Seconds;

/// The workload.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct Workload {
    pub(super) jobs: Vec<JobBatch>,
    pub(super) static_hosts: Vec<StaticHost>,
}

/// Jobs that arrive together.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct JobBatch {
    pub(super) at: Seconds,
    #[serde(default = "one")]
    pub(super) count: u64,
    #[serde(default)]
    pub(super) run: Seconds,
    /// False: no machine can run them; they wait for ever.
    #[serde(default = "yes")]
    pub(super) runnable: bool,
}

/// A host of the pool that is no machine of the cloud.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct StaticHost {
    pub(super) name: String,
    #[serde(default, rename = "ip")]
    _ip: Option<String>,
    pub(super) slots: u32,
}

/// The behaviour of the cloud; times in seconds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct Cloud {
    pub(super) boot: Boot,
    pub(super) shutdown: Seconds,
    pub(super) visible: Seconds,
    pub(super) leave: Seconds,
    pub(super) slots_per_vm: Option<u32>,
    pub(super) hard_quota: Option<u64>,
    pub(super) overrides: BTreeMap<String, BootChange>,
    pub(super) existing: Vec<Existing>,
}

/// The life of a launched machine.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct Boot {
    /// From the launch to `running`.
    pub(super) pending: Seconds,
    /// From `running` to the pool. None: never.
    pub(super) join: Option<Seconds>,
    /// From the launch to `error`.
    pub(super) error_after: Option<Seconds>,
    /// From the launch to its loss.
    pub(super) die_after: Option<Seconds>,
}

/// Differences of one machine.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct BootChange {
    pending: Option<Seconds>,
    #[serde(deserialize_with = "nullable")]
    join: Option<Option<Seconds>>,
    #[serde(deserialize_with = "nullable")]
    error_after: Option<Option<Seconds>>,
    #[serde(deserialize_with = "nullable")]
    die_after: Option<Option<Seconds>>,
}

/// A machine that is there at the start.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Existing {
    /// Whether the state file names it.
    #[serde(default)]
    pub(super) owned: bool,
    /// Whether it is in the pool.
    #[serde(default = "yes")]
    pub(super) joined: bool,
    /// Its state; running if absent.
    #[serde(default)]
    pub(super) state: ExistingState,
}

/// The state of a machine that is there at the start.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(in super::super) enum ExistingState {
    Pending,
    #[default]
    Running,
    Error,
}

impl Workload {
    /// Returns the number of all jobs.
    pub(in super::super) fn jobs(&self) -> u64 {
        self.jobs.iter().fold(0, |sum, batch| sum.saturating_add(batch.count))
    }
}

impl Cloud {
    /// Returns the life of the machine with this ordinal, the first launched being 1.
    pub(super) fn boot_of(&self, ordinal: usize) -> Boot {
        let Some(change) = self.overrides.get(&ordinal.to_string()) else { return self.boot.clone() };
        Boot {
            pending: change.pending.unwrap_or(self.boot.pending),
            join: change.join.unwrap_or(self.boot.join),
            error_after: change.error_after.unwrap_or(self.boot.error_after),
            die_after: change.die_after.unwrap_or(self.boot.die_after),
        }
    }
}

fn one() -> u64 {
    1
}

fn yes() -> bool {
    true
}
