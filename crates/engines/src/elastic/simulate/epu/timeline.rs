use serde::Deserialize;
use serde_json::{Map, Value};

use super::iaas_state::IaasState;
use crate::elastic::engine::Seconds;

/// A scripted event.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case", deny_unknown_fields)]
pub(in super::super) enum Entry {
    /// New settings are sent to the controller.
    Reconfigure { at: Seconds, conf: Map<String, Value> },
    /// Machines come into a state.
    State {
        at: Seconds,
        #[serde(default = "oldest")]
        which: String,
        #[serde(default = "one")]
        count: usize,
        #[serde(default = "running")]
        r#in: IaasState,
        state: IaasState,
    },
    /// Machines send no more heartbeats.
    Mute {
        at: Seconds,
        #[serde(default = "oldest")]
        which: String,
        #[serde(default = "one")]
        count: usize,
        #[serde(default = "running")]
        r#in: IaasState,
    },
    /// Heartbeats of machines report a failed process from now on.
    Unhealthy {
        at: Seconds,
        #[serde(default = "oldest")]
        which: String,
        #[serde(default = "one")]
        count: usize,
        #[serde(default = "running")]
        r#in: IaasState,
    },
    /// The controller stops and starts again.
    KillController {
        at: Seconds,
        #[serde(default)]
        down: Seconds,
        #[serde(default)]
        lose_store: bool,
    },
    /// Launches cannot be sent.
    ProvisionDown { at: Seconds, r#for: Seconds },
    /// Destroy calls cannot be sent.
    TerminateDown { at: Seconds, r#for: Seconds },
}

impl Entry {
    /// Returns the time of the event.
    pub(super) fn at(&self) -> Seconds {
        match self {
            Entry::Reconfigure { at, .. }
            | Entry::State { at, .. }
            | Entry::Mute { at, .. }
            | Entry::Unhealthy { at, .. }
            | Entry::KillController { at, .. }
            | Entry::ProvisionDown { at, .. }
            | Entry::TerminateDown { at, .. } => *at,
        }
    }
}

fn oldest() -> String {
    "oldest".into()
}

fn one() -> usize {
    1
}

fn running() -> IaasState {
    IaasState::Running
}
