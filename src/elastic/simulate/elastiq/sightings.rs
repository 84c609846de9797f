use std::collections::{BTreeMap, HashSet};

use serde_json::{Value, json};

use super::super::super::engine::{Host, Machine, MachineId, MachineState, Seconds};
use super::super::changes::Changes;

/// What the daemon was shown, where it changed.
#[derive(Debug, Default)]
pub(super) struct Sightings {
    recorded: bool,
    queue: Changes<u64>,
    machines: Changes<(Option<Vec<String>>, BTreeMap<String, u32>)>,
    states: Changes<BTreeMap<String, &'static str>>,
    states_seen: Option<Seconds>,
}

impl Sightings {
    /// Makes a record; with `recorded` false it stays empty.
    pub(super) fn new(recorded: bool) -> Sightings {
        Sightings { recorded, ..Sightings::default() }
    }

    /// Records an answer about the queue.
    pub(super) fn queue(&mut self, now: Seconds, waiting: u64) {
        if self.recorded {
            self.queue.record(now, waiting);
        }
    }

    /// Records a look at cloud and pool together.
    pub(super) fn pool(&mut self, now: Seconds, machines: Option<&[Machine]>, hosts: &[Host]) {
        if !self.recorded {
            return;
        }
        let running: Option<Vec<&MachineId>> = machines.map(|machines| {
            let running = machines.iter().filter(|machine| machine.state == MachineState::Running);
            running.map(|machine| &machine.id).collect()
        });
        let known: HashSet<&MachineId> = running.iter().flatten().copied().collect();
        let seen = hosts.iter().filter(|host| known.is_empty() || known.contains(&host.id));
        let workers = seen.map(|host| (host.id.to_string(), host.busy)).collect();
        let running = running.map(|running| {
            let mut running: Vec<String> = running.iter().map(|id| id.to_string()).collect();
            running.sort();
            running
        });
        self.machines.record(now, (running, workers));
    }

    /// Records a look at the cloud alone, if the last one is `every` seconds ago: the look for failed machines.
    pub(super) fn cloud(&mut self, now: Seconds, every: Seconds, machines: &[Machine]) {
        if !self.recorded || self.states_seen.is_some_and(|last| now < last.saturating_add(every)) {
            return;
        }
        self.states_seen = Some(now);
        let states = machines.iter().filter_map(|machine| {
            let state = match machine.state {
                MachineState::Requesting | MachineState::Pending => "pending",
                MachineState::Running | MachineState::Draining => "running",
                MachineState::Error => "error",
                MachineState::Terminating => "shutting-down",
                MachineState::Gone => return None,
            };
            Some((machine.id.to_string(), state))
        });
        self.states.record(now, states.collect());
    }

    /// Forgets when the cloud was last looked at, as a restarted daemon does.
    pub(super) fn restart(&mut self) {
        self.states_seen = None;
    }

    /// Returns the record as JSON.
    pub(super) fn into_json(self) -> Value {
        let machines: Vec<Value> = self
            .machines
            .into_iter()
            .map(|(at, (running, workers))| json!([at, {"running": running, "workers": workers}]))
            .collect();
        json!({"queue": self.queue, "vms": machines, "instances": self.states})
    }
}
