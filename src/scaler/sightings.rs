use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::fleet::Fleet;
use super::worker::WorkerPhase;
use crate::elastic::engine::MachineId;
use crate::provider::{Instance, InstanceState};

/// Number of readings that must miss a machine before it counts as gone.
const READINGS: u32 = 2;

/// What earlier readings showed of the fleet's machines. It is not stored: after a restart, absence counts anew.
#[derive(Clone, Debug, Default)]
pub(super) struct Sightings {
    /// The state that the cloud showed last, and since when.
    states: BTreeMap<MachineId, (InstanceState, Timestamp)>,
    /// Machines that readings of the cloud missed: since when, and how often.
    missing: BTreeMap<MachineId, (Timestamp, u32)>,
    /// When the pool last showed a machine.
    in_pool: BTreeMap<MachineId, Timestamp>,
}

impl Sightings {
    /// Takes in a fresh reading of the cloud. `window` is the time for which it may hide a new machine.
    pub(super) fn see_cloud(&mut self, fleet: &Fleet, instances: &[Instance], now: Timestamp) {
        let shown: BTreeMap<&str, &Instance> =
            instances.iter().map(|instance| (instance.id.as_str(), instance)).collect();
        self.states.retain(|machine, _| shown.contains_key(machine.as_str()) || fleet.workers.contains_key(machine));
        for instance in instances {
            let state = self.states.entry(MachineId::new(instance.id.as_str())).or_insert((instance.state, now));
            if state.0 != instance.state {
                *state = (instance.state, now);
            }
        }
        let absent = |machine: &MachineId| !shown.contains_key(machine.as_str());
        self.missing.retain(|machine, _| absent(machine) && fleet.workers.contains_key(machine));
        for worker in fleet.present().filter(|worker| absent(&worker.id)) {
            self.missing.entry(worker.id.clone()).or_insert((now, 0)).1 += 1;
        }
        self.in_pool.retain(|machine, _| fleet.workers.contains_key(machine));
    }

    /// Takes in machines that a fresh reading of the pool shows.
    pub(super) fn see_pool<'a>(
        &mut self,
        fleet: &Fleet,
        machines: impl Iterator<Item = &'a MachineId>,
        now: Timestamp,
    ) {
        for machine in machines.filter(|machine| fleet.workers.contains_key(machine)) {
            self.in_pool.insert(machine.clone(), now);
        }
    }

    /// Returns the time since which the cloud shows a machine in its state.
    pub(super) fn state(&self, machine: &MachineId) -> Option<(InstanceState, Timestamp)> {
        self.states.get(machine).copied()
    }

    /// Returns the time at which the pool last showed a machine.
    pub(super) fn in_pool(&self, machine: &MachineId) -> Option<Timestamp> {
        self.in_pool.get(machine).copied()
    }

    /// Returns the workers that are gone: the cloud shows that they ended, or has not shown them for longer than
    /// `window` in several readings, and for longer than that since their launch.
    pub(super) fn gone(&self, fleet: &Fleet, window: SignedDuration, now: Timestamp) -> Vec<MachineId> {
        let is_gone = |machine: &MachineId, launched: Timestamp| match self.missing.get(machine) {
            Some((since, times)) => {
                *times >= READINGS && now.duration_since(*since) >= window && now.duration_since(launched) > window
            }
            None => matches!(self.states.get(machine), Some((InstanceState::Terminated, _))),
        };
        fleet
            .workers
            .values()
            .filter(|worker| worker.phase != WorkerPhase::Gone && is_gone(&worker.id, worker.launched_at))
            .map(|worker| worker.id.clone())
            .collect()
    }
}
