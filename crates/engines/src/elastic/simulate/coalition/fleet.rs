use super::worker_state::WorkerState;
use crate::elastic::engine::{MachineId, Seconds};

/// A worker in the server's records.
#[derive(Clone, Debug)]
pub(super) struct Worker {
    pub(super) name: String,
    pub(super) state: WorkerState,
    pub(super) started: Seconds,
    /// Identity of its machine, or its name when no machine was launched for it.
    pub(super) id: MachineId,
    /// Its machine. None: the launch failed and the server did not notice.
    pub(super) machine: Option<usize>,
    /// Time of its first request.
    pub(super) joined: Option<Seconds>,
    /// Time from which its silence counts.
    pub(super) heard: Option<Seconds>,
    /// Whether its silence was noticed.
    pub(super) flagged: bool,
    /// The job that the server gave it last.
    pub(super) job: Option<usize>,
}

/// A machine of the cloud.
#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub(super) id: MachineId,
    pub(super) worker: usize,
    pub(super) launched: Seconds,
    /// Whether its worker has started, and with it carries the machine its name.
    pub(super) booted: bool,
    /// Time at which it was terminated or lost. None: it is live.
    pub(super) ended: Option<Seconds>,
    /// Time from which its worker does nothing more.
    pub(super) stops: Seconds,
    /// The job that it runs, and its end.
    pub(super) running: Option<(usize, Seconds)>,
}

/// Machines and workers, in launch order.
#[derive(Debug, Default)]
pub(super) struct Fleet {
    pub(super) workers: Vec<Worker>,
    pub(super) instances: Vec<Instance>,
    /// Numbers of the machines that are live or ended not long ago.
    recent: Vec<usize>,
    /// Numbers of the workers whose state can still change.
    current: Vec<usize>,
}

/// Time in seconds for which a machine that ended is described.
const VISIBLE: Seconds = 120;

impl Fleet {
    /// Adds a worker, with a machine or without, and returns the number of the machine.
    pub(super) fn start(&mut self, name: String, launched: bool, now: Seconds) -> Option<usize> {
        let number = self.instances.len();
        let id = if launched { MachineId::new(format!("m{}", number + 1)) } else { MachineId::new(name.as_str()) };
        let machine = launched.then_some(number);
        if launched {
            self.recent.push(number);
            self.instances.push(Instance {
                id: id.clone(),
                worker: self.workers.len(),
                launched: now,
                booted: false,
                ended: None,
                stops: Seconds::MAX,
                running: None,
            });
        }
        self.current.push(self.workers.len());
        self.workers.push(Worker {
            name,
            state: WorkerState::Starting,
            started: now,
            id,
            machine,
            joined: None,
            heard: None,
            flagged: false,
            job: None,
        });
        machine
    }

    /// Returns the machines that are live or ended not long ago, in launch order.
    pub(super) fn recent(&self) -> impl DoubleEndedIterator<Item = (usize, &Instance)> {
        self.recent.iter().filter_map(|number| Some((*number, self.instances.get(*number)?)))
    }

    /// Returns the number of live machines.
    pub(super) fn live(&self) -> i64 {
        let live = self.recent().filter(|(_, instance)| instance.ended.is_none()).count();
        i64::try_from(live).unwrap_or(i64::MAX)
    }

    /// Returns the workers whose state can still change, in launch order.
    pub(super) fn current(&self) -> impl Iterator<Item = (usize, &Worker)> + Clone {
        self.current.iter().filter_map(|number| Some((*number, self.workers.get(*number)?)))
    }

    /// Returns the numbers of these workers.
    pub(super) fn current_numbers(&self) -> Vec<usize> {
        self.current.clone()
    }

    /// Leaves out machines that ended long ago, and workers that are terminated and have stopped. With `careful`, also
    /// workers whose machines are gone.
    pub(super) fn forget(&mut self, careful: bool, now: Seconds) {
        let (workers, instances) = (&self.workers, &self.instances);
        self.recent.retain(|number| {
            instances.get(*number).is_some_and(|instance| {
                instance.ended.is_none_or(|ended| now - ended <= VISIBLE || instance.stops > now)
            })
        });
        self.current.retain(|number| {
            workers.get(*number).is_some_and(|worker| {
                let machine = worker.machine.and_then(|machine| instances.get(machine));
                let stopped = machine.is_none_or(|instance| instance.stops <= now);
                let over = match worker.state {
                    WorkerState::Terminated => true,
                    WorkerState::Timeout => careful,
                    _ => false,
                };
                !(over && stopped)
            })
        });
    }

    /// Ends a machine; its worker goes on for `grace` seconds.
    pub(super) fn end(&mut self, number: usize, grace: Seconds, now: Seconds) {
        if let Some(instance) = self.instances.get_mut(number).filter(|instance| instance.ended.is_none()) {
            instance.ended = Some(now);
            instance.stops = now.saturating_add(grace);
        }
    }

    /// Returns the worker with a machine or, without one, of a name.
    pub(super) fn worker_of(&self, id: &MachineId) -> Option<usize> {
        self.current().find(|(_, worker)| worker.id == *id).map(|(number, _)| number)
    }

    /// Returns the live machines that a scripted event means: one by its name, or the oldest.
    pub(super) fn choose(&self, which: &str, count: usize) -> Vec<usize> {
        let live = self.recent().filter(|(_, instance)| instance.ended.is_none());
        match which {
            "oldest" => live.map(|(number, _)| number).take(count).collect(),
            "newest" => live.map(|(number, _)| number).rev().take(count).collect(),
            name => live.filter(|(_, instance)| instance.id.as_str() == name).map(|(number, _)| number).collect(),
        }
    }
}
