use super::fleet::{Fleet, Worker};
use super::worker_state::WorkerState;
use crate::elastic::engine::{Health, Host, Machine, MachineState, Seconds};

/// Returns machines and hosts as the cloud and the workers' requests show them.
pub(super) fn observed(fleet: &Fleet) -> (Vec<Machine>, Vec<Host>) {
    let machines = fleet.recent().map(|(_, instance)| {
        let state = match (instance.ended, instance.booted) {
            (Some(_), _) => MachineState::Gone,
            (None, true) => MachineState::Running,
            (None, false) => MachineState::Pending,
        };
        machine(instance.id.clone(), state, instance.launched)
    });
    let hosts = fleet.current().map(|(_, worker)| worker).filter(|worker| {
        let live = worker.machine.and_then(|number| fleet.instances.get(number));
        live.is_some_and(|instance| instance.ended.is_none()) && worker.joined.is_some()
    });
    (machines.collect(), hosts.filter_map(host).collect())
}

/// Returns machines and hosts as the original's records have them: it never asks the cloud.
pub(super) fn recorded(fleet: &Fleet) -> (Vec<Machine>, Vec<Host>) {
    let workers = fleet.current().map(|(_, worker)| worker).filter(|worker| worker.state != WorkerState::Terminated);
    let machines = workers.clone().map(|worker| {
        let state = if worker.state == WorkerState::Starting { MachineState::Pending } else { MachineState::Running };
        machine(worker.id.clone(), state, worker.started)
    });
    (machines.collect(), workers.filter_map(host).collect())
}

fn machine(id: crate::elastic::engine::MachineId, state: MachineState, launched: Seconds) -> Machine {
    Machine {
        id,
        kind: None,
        state,
        launched_at: Some(launched),
        state_since: None,
        own: true,
        health: Health::Unknown,
        unique: None,
        ends_at: None,
    }
}

fn host(worker: &Worker) -> Option<Host> {
    let (busy, silent) = match worker.state {
        WorkerState::Starting | WorkerState::Terminated => return None,
        WorkerState::Working => (1, false),
        WorkerState::Waiting => (0, false),
        WorkerState::Timeout => (0, true),
    };
    Some(Host {
        id: worker.id.clone(),
        busy,
        slots: 1,
        joined_at: worker.joined.unwrap_or(worker.started),
        idle_since: None,
        silent,
    })
}
