use serde::{Deserialize, Serialize};

use crate::elastic::engine::MachineState;

/// The state of a machine in EPU's words, in order: a message with a state that is not later is dropped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub(in super::super) enum IaasState {
    Requesting,
    Requested,
    ErrorRetrying,
    Pending,
    Started,
    Running,
    RunningFailed,
    Terminating,
    Terminated,
    Failed,
}

impl IaasState {
    /// Returns the word of the recorded traces.
    pub(super) fn word(self) -> &'static str {
        match self {
            IaasState::Requesting => "REQUESTING",
            IaasState::Requested => "REQUESTED",
            IaasState::ErrorRetrying => "ERROR_RETRYING",
            IaasState::Pending => "PENDING",
            IaasState::Started => "STARTED",
            IaasState::Running => "RUNNING",
            IaasState::RunningFailed => "RUNNING_FAILED",
            IaasState::Terminating => "TERMINATING",
            IaasState::Terminated => "TERMINATED",
            IaasState::Failed => "FAILED",
        }
    }

    /// Returns the state in the engines' words.
    pub(super) fn machine_state(self) -> MachineState {
        match self {
            IaasState::Requesting => MachineState::Requesting,
            IaasState::Requested | IaasState::ErrorRetrying | IaasState::Pending | IaasState::Started => {
                MachineState::Pending
            }
            IaasState::Running => MachineState::Running,
            IaasState::RunningFailed => MachineState::Error,
            IaasState::Terminating => MachineState::Terminating,
            IaasState::Terminated | IaasState::Failed => MachineState::Gone,
        }
    }
}
