use std::fmt;
use std::hash::{Hash, Hasher};
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::seconds::Seconds;

/// The identity of a machine at its cloud, or the name of a host that is no cloud machine. Cheap to copy.
#[derive(Clone, Debug, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(transparent)]
pub struct MachineId(Arc<str>);

impl MachineId {
    /// Makes an identity from a cloud's instance id or a host name.
    pub fn new(id: impl Into<Arc<str>>) -> MachineId {
        MachineId(id.into())
    }

    /// Returns the identity as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl PartialEq for MachineId {
    /// Compares copies by their place, before their text: most are copies of each other.
    fn eq(&self, other: &MachineId) -> bool {
        Arc::ptr_eq(&self.0, &other.0) || self.0 == other.0
    }
}

impl Hash for MachineId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.0.hash(state);
    }
}

impl fmt::Display for MachineId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// The state of a machine at its cloud.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MachineState {
    /// Recorded by us, not confirmed by the cloud.
    Requesting,
    /// Accepted by the cloud, not running.
    Pending,
    /// Running; its services may be coming up.
    Running,
    /// Failed at the cloud (OpenStack's `ERROR`), or its services failed to come up.
    Error,
    /// Running, accepting no more work.
    Draining,
    /// On its way down.
    Terminating,
    /// Ended or unknown to the cloud.
    Gone,
}

impl MachineState {
    /// Tells whether the machine exists and is not on its way down. A machine in error still occupies its place.
    pub fn is_live(self) -> bool {
        self < MachineState::Terminating
    }

    /// Tells whether the machine has been asked for and is not running yet.
    pub fn is_starting(self) -> bool {
        matches!(self, MachineState::Requesting | MachineState::Pending)
    }
}

/// The health of a machine by its heartbeats.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Health {
    /// No judgement: not monitored, or too young.
    #[default]
    Unknown,
    /// Heartbeats arrive and report no error.
    Ok,
    /// Heartbeats report a failed process.
    ProcessError,
    /// Heartbeats stay away.
    Missing,
    /// Heartbeats of a machine that should be gone.
    Zombie,
}

impl Health {
    /// Tells whether the machine should be replaced.
    pub fn is_bad(self) -> bool {
        !matches!(self, Health::Unknown | Health::Ok)
    }
}

/// A cloud machine as the cloud and our journal know it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Machine {
    /// Its identity.
    pub id: MachineId,
    /// Its kind: the name under which the fleet's file describes image, type and price. None: the only kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Arc<str>>,
    /// Its state.
    pub state: MachineState,
    /// Launch time. None: unknown.
    pub launched_at: Option<Seconds>,
    /// Time at which it came into its state. None: unknown.
    pub state_since: Option<Seconds>,
    /// Whether the fleet launched it, by its journal or its tags.
    pub own: bool,
    /// Its health.
    #[serde(default)]
    pub health: Health,
    /// Its unique slot.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unique: Option<Arc<str>>,
    /// Time at which it will end by itself: the end of its lease, or what the cloud has given notice of. None: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub ends_at: Option<Seconds>,
}

/// A host of the batch pool: a machine of the cloud, or a standing computer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Host {
    /// The identity of its machine, or its own name when it is no machine of the cloud.
    pub id: MachineId,
    /// Number of slots with a job or a claim.
    pub busy: u32,
    /// Number of slots.
    pub slots: u32,
    /// Time at which it joined the pool.
    pub joined_at: Seconds,
    /// Time since which no slot has been busy, by the pool's own clock. None: busy, or the pool keeps no such clock.
    pub idle_since: Option<Seconds>,
    /// Whether the pool has lost contact with it.
    #[serde(default)]
    pub silent: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_in_error_occupies_a_place_and_a_terminating_one_does_not() {
        assert!(MachineState::Error.is_live());
        assert!(MachineState::Draining.is_live());
        assert!(!MachineState::Terminating.is_live());
        assert!(!MachineState::Gone.is_live());
    }

    #[test]
    fn identity_serializes_as_plain_text() {
        let id: MachineId = serde_json::from_str("\"i-1\"").unwrap();
        assert_eq!(id.as_str(), "i-1");
    }
}
