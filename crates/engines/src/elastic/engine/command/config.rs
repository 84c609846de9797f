use serde::{Deserialize, Serialize};

use super::super::limit::Limit;
use super::super::money::Money;
use super::super::seconds::Seconds;

/// Settings of a fleet that a program which decides is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandConfig {
    /// Minimum number of machines.
    pub min: u32,
    /// Maximum number of machines.
    pub max: u32,
    /// Number of jobs that one machine takes.
    pub jobs_per_machine: u32,
    /// Time without a job after which a machine may be ended, in seconds.
    pub idle: Seconds,
    /// Time that jobs must have waited before a machine is launched for them, in seconds.
    pub waiting_time: Seconds,
    /// Time in which a launched machine must join the pool, in seconds.
    pub deploy_time: Seconds,
    /// The kinds of machines.
    pub kinds: Vec<CommandKind>,
    /// Time between two passes, in seconds.
    pub every: Seconds,
}

/// A kind of machine, as far as a program is told.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandKind {
    /// Its name.
    pub name: String,
    /// Price of a machine for an hour. None: unknown.
    pub price_per_hour: Option<Money>,
    /// Maximum number of machines. None: that of the fleet.
    pub max: Option<u32>,
}

impl CommandConfig {
    /// Returns the limit that a launch of an unknown kind meets.
    pub(super) fn unknown(&self, kind: Option<&str>) -> Option<Limit> {
        match kind {
            Some(kind) if !self.kinds.iter().any(|known| known.name == kind) => {
                Some(Limit::UnknownKind { kind: kind.to_owned() })
            }
            None if self.kinds.len() > 1 => Some(Limit::UnknownKind { kind: String::new() }),
            _ => None,
        }
    }
}
