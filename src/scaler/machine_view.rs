//! The cloud's instances joined with the journal's workers.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::fleet::Fleet;
use super::fleet_event::{FleetEvent, NewWorker};
use super::sightings::Sightings;
use super::worker::{Worker, WorkerPhase};
use crate::elastic::engine::{Health, Machine, MachineId, MachineState, Seconds};
use crate::provider::{Instance, InstanceState, TAG_INTENT};

/// The tag of a worker's kind.
pub const TAG_KIND: &str = "hoist:kind";

/// The tag of a worker's name.
pub const TAG_WORKER: &str = "hoist:worker";

/// Returns the machines of a fleet in order of launch: its workers, and instances with its tag that no line names.
///
/// `instances` are those that the cloud shows with the fleet's tag. A worker that it does not show stays what it was
/// until [`Sightings::gone`] tells that it is gone. `grace` is given where machines have a fixed life: the time in
/// seconds before its end from which they accept no more work.
pub(super) fn machines(
    fleet: &Fleet,
    instances: &[Instance],
    sightings: &Sightings,
    grace: Option<Seconds>,
) -> Vec<Machine> {
    let shown: BTreeMap<&str, &Instance> = instances.iter().map(|instance| (instance.id.as_str(), instance)).collect();
    let end = |worker: &Worker| Some(worker.expires_at.as_second().saturating_sub(grace?));
    let mut machines: Vec<(Timestamp, Machine)> = Vec::with_capacity(fleet.workers.len());
    for worker in fleet.workers.values() {
        let seen = shown.get(worker.id.as_str()).map(|instance| instance.state);
        machines.push((
            worker.launched_at,
            Machine {
                id: worker.id.clone(),
                kind: Some(worker.kind.clone()),
                state: state(worker, seen),
                launched_at: Some(worker.launched_at.as_second()),
                state_since: sightings.state(&worker.id).map(|(_, since)| since.as_second()),
                own: true,
                health: Health::Unknown,
                unique: worker.slot.clone(),
                ends_at: end(worker),
            },
        ));
    }
    for instance in instances.iter().filter(|instance| !instance.state.is_gone()) {
        let id = MachineId::new(instance.id.as_str());
        if fleet.workers.contains_key(&id) {
            continue;
        }
        machines.push((
            instance.launched_at,
            Machine {
                state: of_cloud(instance.state),
                state_since: sightings.state(&id).map(|(_, since)| since.as_second()),
                id,
                kind: instance.tags.get(TAG_KIND).map(|kind| kind.as_str().into()),
                launched_at: Some(instance.launched_at.as_second()),
                own: true,
                health: Health::Unknown,
                unique: None,
                ends_at: None,
            },
        ));
    }
    machines.sort_by(|(one, a), (other, b)| (one, &a.id).cmp(&(other, &b.id)));
    machines.into_iter().map(|(_, machine)| machine).collect()
}

impl Fleet {
    /// Returns the live ones of these machines that no line names. A person may have drained one.
    pub(super) fn strays<'a>(&'a self, machines: &'a [Machine]) -> impl Iterator<Item = &'a Machine> {
        machines.iter().filter(|machine| machine.state.is_live() && !self.workers.contains_key(&machine.id))
    }

    /// Returns the number of those that are the fleet's own.
    pub(super) fn own_strays(&self, machines: &[Machine]) -> usize {
        self.strays(machines).filter(|machine| machine.own).count()
    }
}

fn of_cloud(state: InstanceState) -> MachineState {
    match state {
        InstanceState::Pending => MachineState::Pending,
        InstanceState::Running => MachineState::Running,
        // It does no work, and is still paid for in part.
        InstanceState::Stopping | InstanceState::Stopped => MachineState::Error,
        InstanceState::ShuttingDown => MachineState::Terminating,
        InstanceState::Terminated => MachineState::Gone,
    }
}

fn state(worker: &Worker, seen: Option<InstanceState>) -> MachineState {
    match (worker.phase, seen.map(of_cloud)) {
        (WorkerPhase::Gone, _) => MachineState::Gone,
        (_, Some(state @ (MachineState::Terminating | MachineState::Gone))) => state,
        (WorkerPhase::Ending | WorkerPhase::Terminating, _) => MachineState::Terminating,
        (WorkerPhase::Draining, Some(MachineState::Running) | None) => MachineState::Draining,
        (WorkerPhase::Serving, None) => MachineState::Running,
        (WorkerPhase::Starting, None) => MachineState::Requesting,
        (_, Some(state)) => state,
    }
}

/// Returns the lines that adopt instances which no line names and whose launch is known: their launch's answer was
/// lost.
pub(super) fn adoptions(fleet: &Fleet, instances: &[Instance]) -> Vec<FleetEvent> {
    let lost = |instance: &&Instance| {
        !instance.state.is_gone() && !fleet.workers.contains_key(&MachineId::new(instance.id.as_str()))
    };
    // One of a launch that has not ended yet is named by its end.
    let known = |token: &String| fleet.launched.contains_key(token);
    instances
        .iter()
        .filter(lost)
        .filter_map(|instance| {
            let token = instance.tags.get(TAG_INTENT).filter(|token| known(token))?;
            Some(FleetEvent::Adopted { token: token.clone(), worker: new_worker(instance) })
        })
        .collect()
}

/// Returns the line of workers that the cloud first shows running.
pub(super) fn came_up(fleet: &Fleet, instances: &[Instance]) -> Option<FleetEvent> {
    let running = instances.iter().filter(|instance| instance.state == InstanceState::Running);
    let machines = running.map(|instance| MachineId::new(instance.id.as_str()));
    let starts = |id: &MachineId| fleet.workers.get(id).is_some_and(|worker| worker.phase == WorkerPhase::Starting);
    let machines: Vec<MachineId> = machines.filter(starts).collect();
    (!machines.is_empty()).then_some(FleetEvent::CameUp { machines })
}

/// Returns an instance as a line of the journal names it.
pub(super) fn new_worker(instance: &Instance) -> NewWorker {
    NewWorker {
        index: instance.launch_index,
        id: MachineId::new(instance.id.as_str()),
        launched_at: instance.launched_at,
        offer: instance.offer.clone(),
    }
}
