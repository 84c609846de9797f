//! A sudden fall of the pool holds shrinkage, whichever engine decides.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::fleet::Fleet;
use super::pool_view::PoolView;
use super::worker::WorkerPhase;
use crate::elastic::engine::{Decision, Drain, Fall, FallLimits, Limit, MachineId, Note, Reason, Termination};

/// The pool as the last fresh reading showed it, and the fall that holds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolFall {
    /// Number of slots by machine.
    shown: BTreeMap<MachineId, u64>,
    fall: Option<Fall>,
}

impl PoolFall {
    /// Whether no pool was seen.
    pub(super) fn is_empty(&self) -> bool {
        self.shown.is_empty() && self.fall.is_none()
    }

    /// Takes in a reading of the pool, once what the cloud shows is recorded: workers that were to leave are no loss.
    pub(super) fn see(&mut self, fleet: &Fleet, view: &PoolView, limits: FallLimits, now: Timestamp) {
        let Some(shown) = view.slots() else {
            self.fall = self.fall.filter(|fall| now.as_second() < fall.until(limits));
            return;
        };
        let was_to_leave =
            |id: &MachineId| fleet.workers.get(id).is_some_and(|worker| worker.phase >= WorkerPhase::Draining);
        let lost = |(id, _): &(&MachineId, &u64)| !shown.contains_key(*id) && !was_to_leave(id);
        let missing = self.shown.iter().filter(lost).map(|(_, slots)| slots).sum();
        let (before, slots) = (self.shown.values().sum(), shown.values().sum());
        self.fall = Fall::follow(self.fall, limits, (before, missing, slots), now.as_second());
        self.shown = shown;
    }

    /// Takes machines out of decisions that end or drain them while the fall lasts, and says so. Machines that failed
    /// by what the cloud shows are ended all the same. Returns those that stay.
    pub(super) fn hold(&self, decisions: &mut [Decision], limits: FallLimits, notes: &mut Vec<Note>) -> Vec<MachineId> {
        let Some(fall) = &self.fall else { return Vec::new() };
        let until = fall.until(limits);
        let held = Note::Held { by: Limit::Fall { missing: fall.missing, before: fall.before, until } };
        if !notes.contains(&held) {
            notes.push(held);
        }
        let mut stay = Vec::new();
        for decision in decisions {
            match decision {
                Decision::Terminate(Termination {
                    reason: Reason::Error { .. } | Reason::Unhealthy { .. }, ..
                }) => {}
                Decision::Terminate(Termination { machines, .. }) | Decision::Drain(Drain { machines, .. }) => {
                    stay.append(machines);
                }
                Decision::Launch(_) | Decision::CancelDrain(_) => {}
            }
        }
        stay
    }
}
