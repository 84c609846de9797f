use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::overrides::Overrides;
use crate::elastic::engine::MachineId;

/// A person's request to a fleet's scaler, left in the state file by another process. It holds also when no scaler
/// runs: the next one takes it in first.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "snake_case", deny_unknown_fields)]
pub enum FleetRequest {
    /// Lay settings over the file. Those that are none stay as they are.
    Set {
        /// The settings; `paused` counts only with `pause`.
        overrides: Overrides,
        /// Whether to pause or to go on. None: as before.
        pause: Option<bool>,
        /// Whether earlier settings are dropped first.
        reset: bool,
    },
    /// Let workers accept no more work, and end them when they have none.
    Drain {
        /// The workers.
        machines: Vec<MachineId>,
    },
    /// Launch workers beside those that the engine decides on: all of them, or none where a limit is in the way.
    Launch {
        /// Number of workers.
        count: u32,
        /// The least end of their leases.
        until: Timestamp,
        /// Their kind. None: the only one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        kind: Option<String>,
    },
    /// End workers at once, with the jobs that run on them.
    End {
        /// The workers.
        machines: Vec<MachineId>,
    },
    /// Read the fleet file again.
    Reload {
        /// Whether a maximum below the number of workers was confirmed.
        confirmed: bool,
    },
    /// End the fleet.
    Stop {
        /// Whether its workers stay until their leases end.
        keep_workers: bool,
        /// Whether its workers are ended at once, with the jobs that run on them.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        now: bool,
    },
}

/// The scaler's answer to a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "answer", rename_all = "snake_case", deny_unknown_fields)]
pub enum RequestAnswer {
    /// It holds.
    Done {
        /// What follows from it, for people.
        message: String,
    },
    /// It was refused, and changed nothing.
    Refused {
        /// Why.
        message: String,
        /// What to try.
        hint: Option<String>,
    },
}
