use std::collections::HashMap;

use super::super::machine::{Host, Machine, MachineId};
use super::super::seconds::Seconds;

/// The state of a worker, as coalition's server names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum WorkerState {
    /// Its machine was launched; it has made no request.
    Starting,
    /// It has a job.
    Working,
    /// It has none.
    Waiting,
    /// Contact is lost.
    Timeout,
}

/// A worker and its machine.
pub(super) struct Worker<'a> {
    pub(super) machine: &'a Machine,
    pub(super) state: WorkerState,
    /// Time at which it joined.
    pub(super) joined_at: Option<Seconds>,
    /// Age of its machine in seconds; 0 if unknown.
    pub(super) age: Seconds,
}

/// The workers of a fleet, in order of launch.
pub(super) struct Roster<'a>(pub(super) Vec<Worker<'a>>);

impl<'a> Roster<'a> {
    /// Joins the machines with the hosts of the pool.
    pub(super) fn new(machines: &'a [Machine], pool: &[Host], now: Seconds) -> Roster<'a> {
        let hosts: HashMap<&MachineId, &Host> = pool.iter().map(|host| (&host.id, host)).collect();
        let workers = machines.iter().filter(|machine| machine.own && machine.state.is_live()).map(|machine| {
            let host = hosts.get(&machine.id);
            let state = match host {
                None => WorkerState::Starting,
                Some(host) if host.silent => WorkerState::Timeout,
                Some(host) if host.busy > 0 => WorkerState::Working,
                Some(_) => WorkerState::Waiting,
            };
            let age = machine.launched_at.map_or(0, |launched| now.saturating_sub(launched));
            Worker { machine, state, joined_at: host.map(|host| host.joined_at), age }
        });
        Roster(workers.collect())
    }

    /// Returns the number of workers in a state.
    pub(super) fn count(&self, state: WorkerState) -> i64 {
        i64::try_from(self.0.iter().filter(|worker| worker.state == state).count()).unwrap_or(i64::MAX)
    }

    /// Returns the longest time in seconds that a worker took from its launch to its first request.
    pub(super) fn slowest_start(&self) -> Option<Seconds> {
        self.0.iter().filter_map(|worker| Some(worker.joined_at?.saturating_sub(worker.machine.launched_at?))).max()
    }
}
