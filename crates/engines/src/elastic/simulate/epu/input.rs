use std::collections::BTreeMap;

use serde::Deserialize;

use super::iaas_state::IaasState;
use crate::elastic::engine::Seconds;

/// The behaviour of the provisioner; times in seconds.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(in super::super) struct Cloud {
    /// States by time from the launch.
    states: Vec<(Seconds, IaasState)>,
    /// States by time from the destroy call.
    terminate: Vec<(Seconds, IaasState)>,
    pub(super) heartbeat: Option<Heartbeat>,
    mute_after: Option<Seconds>,
    overrides: BTreeMap<String, Change>,
}

/// The heartbeats of machines.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(in super::super) struct Heartbeat {
    pub(super) every: Seconds,
    pub(super) first: Seconds,
}

/// Differences of one machine.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
struct Change {
    states: Option<Vec<(Seconds, IaasState)>>,
    terminate: Option<Vec<(Seconds, IaasState)>>,
    mute_after: Option<Seconds>,
}

impl Cloud {
    fn change(&self, ordinal: usize) -> Option<&Change> {
        self.overrides.get(&ordinal.to_string())
    }

    /// Returns the states of the machine with this ordinal, the first being 1.
    pub(super) fn states(&self, ordinal: usize) -> &[(Seconds, IaasState)] {
        self.change(ordinal).and_then(|change| change.states.as_deref()).unwrap_or(&self.states)
    }

    /// Returns its states after a destroy call.
    pub(super) fn terminate(&self, ordinal: usize) -> &[(Seconds, IaasState)] {
        self.change(ordinal).and_then(|change| change.terminate.as_deref()).unwrap_or(&self.terminate)
    }

    /// Returns the time after RUNNING from which it sends no heartbeats.
    pub(super) fn mute_after(&self, ordinal: usize) -> Option<Seconds> {
        self.change(ordinal).and_then(|change| change.mute_after).or(self.mute_after)
    }
}
