use serde::{Deserialize, Serialize};

use super::machine_kind::MachineKind;
use crate::elastic::engine::Seconds;

/// Settings of a simulated pool and its cloud. Times in seconds.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PoolSettings {
    /// The kinds of machines; a launch that names none is of the first one.
    pub kinds: Vec<MachineKind>,
    /// Time between two rounds of the negotiator.
    pub negotiate_every: Seconds,
    /// Time for which a claim takes further jobs of the same sort without the negotiator (HTCondor: `CLAIM_WORKLIFE`).
    pub claim_worklife: Seconds,
    /// Time between two passes of the driver.
    pub period: Seconds,
    /// Time for which the cloud shows a machine that ended.
    pub visible: Seconds,
    /// Number of live machines at which the cloud refuses launches. None: no limit.
    pub quota: Option<u64>,
    /// Whether the driver knows how long jobs run.
    pub known_run_times: bool,
    /// Last second. None: when the last job has ended and the fleet has come down.
    pub until: Option<Seconds>,
    /// Time that the fleet gets to come down after the last job.
    pub tail: Seconds,
    /// Time without an arrival or an end of a job, beyond the longest run time, after which jobs are given up: an
    /// engine may launch nothing, or end machines again and again before their jobs are done.
    pub patience: Seconds,
}

impl Default for PoolSettings {
    fn default() -> PoolSettings {
        PoolSettings {
            kinds: vec![MachineKind::default()],
            negotiate_every: 20,
            claim_worklife: 1200,
            period: 15,
            visible: 120,
            quota: None,
            known_run_times: false,
            until: None,
            tail: 7200,
            patience: 86_400,
        }
    }
}
