use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::seconds::Seconds;

/// The memory of a program that decides, and the time of its last pass.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CommandMemory {
    /// What it wants to be given next time.
    pub memory: Value,
    /// Time of the last pass.
    pub last_pass: Option<Seconds>,
}
