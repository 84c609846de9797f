use std::collections::BTreeMap;

use serde::ser::SerializeStruct;
use serde::{Serialize, Serializer};

use super::super::changes::Changes;
use crate::elastic::engine::{Host, Machine, MachineId, MachineState, Seconds};

/// A look at cloud and pool together: running machines, and hosts with their busy slots, both in order of launch.
#[derive(Clone, Debug, PartialEq)]
struct PoolSighting {
    /// None: the cloud did not answer.
    running: Option<Vec<MachineId>>,
    workers: Vec<(MachineId, u32)>,
}

impl Serialize for PoolSighting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut running = self.running.clone();
        running.iter_mut().for_each(|running| running.sort());
        let workers: BTreeMap<&MachineId, u32> = self.workers.iter().map(|(host, busy)| (host, *busy)).collect();
        let mut fields = serializer.serialize_struct("PoolSighting", 2)?;
        fields.serialize_field("running", &running)?;
        fields.serialize_field("workers", &workers)?;
        fields.end()
    }
}

/// A look at the cloud: states of machines, in order of launch.
#[derive(Clone, Debug, PartialEq)]
struct StateSighting(Vec<(MachineId, &'static str)>);

impl Serialize for StateSighting {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let states: BTreeMap<&MachineId, &str> = self.0.iter().map(|(machine, state)| (machine, *state)).collect();
        states.serialize(serializer)
    }
}

/// What the daemon was shown, where it changed.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct ElastiqSightings {
    #[serde(skip)]
    recorded: bool,
    /// Waiting jobs.
    queue: Changes<u64>,
    /// Running machines and hosts.
    vms: Changes<PoolSighting>,
    /// States of machines, without those that ended.
    instances: Changes<StateSighting>,
    #[serde(skip)]
    states_seen: Option<Seconds>,
}

impl ElastiqSightings {
    /// Makes a record; with `recorded` false it stays empty.
    pub(super) fn new(recorded: bool) -> ElastiqSightings {
        ElastiqSightings { recorded, ..ElastiqSightings::default() }
    }

    /// Records an answer about the queue.
    pub(super) fn queue(&mut self, now: Seconds, waiting: u64) {
        if self.recorded {
            self.queue.record(now, waiting);
        }
    }

    /// Records a look at cloud and pool together. Hosts that are no running machine are left out, unless none runs.
    pub(super) fn pool(&mut self, now: Seconds, machines: Option<&[Machine]>, hosts: &[Host]) {
        if !self.recorded {
            return;
        }
        let running: Option<Vec<MachineId>> = machines.map(|machines| {
            let running = machines.iter().filter(|machine| machine.state == MachineState::Running);
            running.map(|machine| machine.id.clone()).collect()
        });
        // Both lists stand in order of launch, so the search goes on where the last one ended.
        let known = running.as_deref().unwrap_or_default();
        let mut next = 0;
        let seen = hosts.iter().filter(|host| {
            let found = known.iter().skip(next).position(|id| *id == host.id);
            next += found.map_or(0, |found| found + 1);
            known.is_empty() || found.is_some()
        });
        let workers: Vec<_> = seen.map(|host| (host.id.clone(), host.busy)).collect();
        self.vms.record(now, PoolSighting { running, workers });
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
            Some((machine.id.clone(), state))
        });
        self.instances.record(now, StateSighting(states.collect()));
    }

    /// Forgets when the cloud was last looked at, as a restarted daemon does.
    pub(super) fn restart(&mut self) {
        self.states_seen = None;
    }
}
