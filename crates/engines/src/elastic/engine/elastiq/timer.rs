use serde::{Deserialize, Serialize};

use super::super::machine::MachineId;
use super::super::seconds::Seconds;

/// The task of a timer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "task", rename_all = "snake_case")]
pub(super) enum Task {
    /// Look for failed machines.
    Errors,
    /// Launch replacements for failed machines that were ended in this pass.
    Replace {
        /// Their number.
        failed: i64,
    },
    /// Look at the pool; end idle machines.
    Machines,
    /// Restore the minimum, after the idle machines of this pass were ended.
    Minimum,
    /// Look at the queue.
    Queue,
    /// A machine no longer counts as coming.
    Uncount {
        /// The machine.
        machine: MachineId,
    },
    /// End a machine if it has not joined.
    Deadline {
        /// The machine.
        machine: MachineId,
        /// The time in seconds that it was given; 0: the engine's own.
        #[serde(default)]
        allowed: Seconds,
    },
}

/// A task that is due at a time.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Timer {
    pub(super) due: Seconds,
    pub(super) task: Task,
}
