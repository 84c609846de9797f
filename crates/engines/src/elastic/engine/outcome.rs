use serde::{Deserialize, Serialize};

use super::machine::MachineId;
use super::seconds::Seconds;

/// A machine that was launched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Launched {
    /// Index of the decision in the pass.
    pub decision: usize,
    /// Identity of the machine.
    pub machine: MachineId,
}

/// Launches that were refused.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refusal {
    /// Index of the decision in the pass.
    pub decision: usize,
    /// Number of machines.
    pub count: u32,
    /// The cloud's words.
    pub reason: String,
}

/// The results of the calls that a pass decided.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// Time at which the last call ended.
    pub now: Seconds,
    /// Machines that were launched.
    pub launched: Vec<Launched>,
    /// Number of machines whose launch was refused or could not be sent.
    pub refused: u32,
    /// Machines whose termination the cloud accepted.
    pub terminated: Vec<MachineId>,
    /// Machines that the driver ended of its own accord, or for a decision of an earlier step: drained ones, ends that
    /// persons asked for. The cloud accepted it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub ended: Vec<MachineId>,
    /// Machines whose termination failed.
    pub unterminated: Vec<MachineId>,
    /// The refused launches by decision, as far as the driver tells them apart.
    #[serde(default)]
    pub refusals: Vec<Refusal>,
    /// Machines that accept no more work.
    #[serde(default)]
    pub drained: Vec<MachineId>,
    /// Machines that accept work again.
    #[serde(default)]
    pub resumed: Vec<MachineId>,
}

impl Outcome {
    /// Returns the outcome of a pass without decisions.
    pub fn nothing(now: Seconds) -> Outcome {
        Outcome { now, ..Outcome::default() }
    }
}
