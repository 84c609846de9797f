use std::path::PathBuf;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::launch_intent::LaunchIntent;
use super::overrides::Overrides;
use crate::elastic::engine::{DrainOwner, MachineId, Reason};
use crate::plan::CloudConfig;
use crate::provider::{CapacityError, Offer};

/// A machine that a launch gave.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewWorker {
    /// The position in the intent's names.
    pub index: usize,
    /// The cloud's id.
    pub id: MachineId,
    /// When the cloud launched it.
    pub launched_at: Timestamp,
    /// Its type, place and market, as the cloud shows them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
}

/// A line of a fleet's journal. An intent is recorded before its call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event", rename_all = "snake_case", deny_unknown_fields)]
pub enum FleetEvent {
    /// The fleet is run by this file: the first line, and after each reload.
    Configured {
        /// Absolute path of the fleet file.
        path: PathBuf,
        /// Its text, which never has secrets.
        text: String,
        /// Its cloud, with region and account as they are.
        cloud: Box<CloudConfig>,
        /// Tag of the run or annex that the fleet belongs to.
        parent: Option<String>,
        /// Service of that run on whose machine the scaler runs.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        parent_service: Option<String>,
    },
    /// Settings were laid over the file.
    Overridden {
        /// All of them, as they hold from now on.
        overrides: Overrides,
    },
    /// Machines are to be launched.
    LaunchIntended {
        /// The launch.
        intent: Box<LaunchIntent>,
    },
    /// The call of a launch has ended: with all machines, with fewer, or with none.
    Launched {
        /// The token of the intent.
        token: String,
        /// The machines.
        workers: Vec<NewWorker>,
        /// The offers without capacity.
        refusals: Vec<CapacityError>,
        /// The cloud's error, if the call failed for good.
        error: Option<String>,
    },
    /// A machine was found by its tags that no line had named: its launch's answer was lost.
    Adopted {
        /// The token of its launch, from its tags.
        token: String,
        /// The machine.
        worker: NewWorker,
    },
    /// Workers were first seen in the pool.
    Joined {
        /// The workers.
        machines: Vec<MachineId>,
    },
    /// The cloud first showed workers running, of a fleet whose engine does not ask which of them are in a pool.
    CameUp {
        /// The workers.
        machines: Vec<MachineId>,
    },
    /// Workers are to accept no more work.
    DrainIntended {
        /// The workers.
        machines: Vec<MachineId>,
        /// The owner of the drain.
        by: DrainOwner,
        /// Whether a worker with a claim stays as it is.
        unclaimed_only: bool,
        /// The engine's reason. None: a person's request.
        reason: Option<Reason>,
    },
    /// Workers accept no more work: the pool has confirmed it, or their leases were ended.
    DrainConfirmed {
        /// The workers.
        machines: Vec<MachineId>,
        /// The hard end of their leases, which were ended to tell them. None: the pool was told.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        leases_end: Option<Timestamp>,
    },
    /// The pool shows that draining workers accept work: somebody else cancelled their drains. They are ordered again.
    DrainUndone {
        /// The workers.
        machines: Vec<MachineId>,
    },
    /// Workers were not drained, and stay as they were.
    DrainRefused {
        /// The workers.
        machines: Vec<MachineId>,
        /// Why.
        error: String,
    },
    /// Draining workers are to accept work again.
    DrainCancelled {
        /// The workers.
        machines: Vec<MachineId>,
        /// The engine's reason. None: a person's request.
        reason: Option<Reason>,
    },
    /// The pool has confirmed that workers whose drains were cancelled accept work again.
    Resumed {
        /// The workers.
        machines: Vec<MachineId>,
    },
    /// Workers are to be ended.
    TerminationIntended {
        /// The workers.
        machines: Vec<MachineId>,
        /// The engine's reason. None: a person's request, or the fleet's end.
        reason: Option<Reason>,
    },
    /// The cloud has accepted the end of workers.
    TerminationAccepted {
        /// The workers.
        machines: Vec<MachineId>,
    },
    /// The cloud refused to end workers, which live on.
    TerminationRefused {
        /// The workers.
        machines: Vec<MachineId>,
        /// Why, in the cloud's words.
        error: String,
    },
    /// The cloud shows that workers are gone: ended, or left by themselves.
    Gone {
        /// The workers.
        machines: Vec<MachineId>,
    },
    /// The leases of workers were prolonged.
    Renewed {
        /// The workers.
        machines: Vec<MachineId>,
        /// The new end.
        until: Timestamp,
    },
    /// The fleet is to end. Nothing is launched from here on.
    StopIntended {
        /// Whether its workers stay until their leases end.
        keep_workers: bool,
        /// Whether its workers are ended at once, with the jobs that run on them.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        now: bool,
    },
    /// The fleet has ended.
    Ended {
        /// Workers that were kept, and end by their leases.
        kept: Vec<MachineId>,
    },
}

impl FleetEvent {
    /// Returns the number of machines that the line asks a cloud for.
    pub fn asked(&self) -> usize {
        if let Self::LaunchIntended { intent } = self { intent.names.len() } else { 0 }
    }

    /// Returns the token of the launch that the line announces.
    pub fn token_of_launch(&self) -> Option<String> {
        if let Self::LaunchIntended { intent } = self { Some(intent.token.clone()) } else { None }
    }

    /// Whether the line belongs to the end of machines or of the fleet, which must be recorded even on a full disk.
    pub fn tears_down(&self) -> bool {
        matches!(
            self,
            Self::TerminationIntended { .. }
                | Self::TerminationAccepted { .. }
                | Self::TerminationRefused { .. }
                | Self::Gone { .. }
                | Self::StopIntended { .. }
                | Self::Ended { .. }
        )
    }
}
