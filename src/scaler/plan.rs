use std::collections::BTreeSet;

use jiff::Timestamp;

use super::fleet_event::FleetEvent;
use super::launch_intent::LaunchIntent;
use crate::elastic::engine::{Decision, DrainOwner, MachineId, Note, Outcome, Reason, Refusal};

/// What a step is about to do: every limit has been kept, and each machine's end judged.
#[derive(Debug, Default)]
pub(super) struct Plan {
    /// Drains to cancel.
    pub(super) cancels: Vec<(Vec<MachineId>, Reason)>,
    pub(super) launches: Vec<PlannedLaunch>,
    pub(super) drains: Vec<PlannedDrain>,
    pub(super) ends: Vec<(Vec<MachineId>, Reason)>,
    /// Machines that are ended without a decision of this step: the scaler has begun that.
    pub(super) begun: BTreeSet<MachineId>,
    /// Draining machines whose drain is recorded and that have not been told of it.
    pub(super) told: Vec<MachineId>,
    /// The same as decisions, for the pass's record.
    pub(super) decisions: Vec<Decision>,
    pub(super) notes: Vec<Note>,
    /// Launches that cannot be tried, by the engine's position.
    pub(super) refusals: Vec<Refusal>,
    /// Machines that the engine decided to end and that may not be ended yet.
    pub(super) postponed: Vec<MachineId>,
}

/// Machines of one launch call.
#[derive(Debug)]
pub(super) struct PlannedLaunch {
    pub(super) intent: LaunchIntent,
    /// The position of its decision in the pass's record.
    pub(super) recorded: usize,
}

/// Machines that are to accept no more work.
#[derive(Debug)]
pub(super) struct PlannedDrain {
    pub(super) machines: Vec<MachineId>,
    pub(super) unclaimed_only: bool,
    pub(super) reason: Reason,
    /// Whether they are ended as soon as a reading shows that they have no claim, without another decision.
    pub(super) then_end: bool,
}

impl Plan {
    /// Whether nothing is to be called.
    pub(super) fn is_empty(&self) -> bool {
        let nothing_ends = self.drains.is_empty() && self.ends.is_empty() && self.told.is_empty();
        self.cancels.is_empty() && self.launches.is_empty() && nothing_ends
    }

    /// Returns what comes of it for the engine where nothing is to be called.
    pub(super) fn nothing_done(self, now: Timestamp) -> Outcome {
        let mut outcome = Outcome::nothing(now.as_second());
        outcome.unterminated = self.postponed;
        outcome.refused = self.refusals.iter().map(|refusal| refusal.count).sum();
        outcome.refusals = self.refusals;
        outcome
    }

    /// Returns the machines that are drained or ended by it.
    pub(super) fn leaving(&self) -> BTreeSet<MachineId> {
        let drained = self.drains.iter().flat_map(|drain| &drain.machines);
        drained.chain(self.ends.iter().flat_map(|(machines, _)| machines)).cloned().collect()
    }

    /// Returns the lines that announce it.
    pub(super) fn intents(&self) -> Vec<FleetEvent> {
        let cancels = self.cancels.iter().map(|(machines, reason)| FleetEvent::DrainCancelled {
            machines: machines.clone(),
            reason: Some(reason.clone()),
        });
        let launches =
            self.launches.iter().map(|launch| FleetEvent::LaunchIntended { intent: Box::new(launch.intent.clone()) });
        let drains = self.drains.iter().map(|drain| FleetEvent::DrainIntended {
            machines: drain.machines.clone(),
            by: DrainOwner::Scaler,
            unclaimed_only: drain.unclaimed_only,
            reason: Some(drain.reason.clone()),
        });
        cancels.chain(launches).chain(drains).chain(self.ends.iter().map(ending)).collect()
    }

    /// Returns the machines that are drained to be ended.
    pub(super) fn to_end(&self) -> BTreeSet<&MachineId> {
        self.drains.iter().filter(|drain| drain.then_end).flat_map(|drain| &drain.machines).collect()
    }
}

/// Returns the line that announces the end of machines.
pub(super) fn ending((machines, reason): &(Vec<MachineId>, Reason)) -> FleetEvent {
    FleetEvent::TerminationIntended { machines: machines.clone(), reason: Some(reason.clone()) }
}
