use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;

use super::super::changes::Changes;
use super::fleet::Fleet;
use super::jobs::Jobs;
use super::view::{observed, recorded};
use super::worker_state::WorkerState;
use crate::elastic::engine::{CoalitionEngine, Engine, Memory, Observation, Pass, Reading, Seconds};

/// Time between two rounds, in seconds.
const ROUND_EVERY: Seconds = 10;
/// Silence in seconds after which a worker is timed out.
const SILENCE: Seconds = 60;

/// What the server knew after a round.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct CoalitionSighting {
    waiting: u64,
    workers: BTreeMap<String, WorkerState>,
}

/// The job server.
#[derive(Debug)]
pub(super) struct Server {
    engine: CoalitionEngine,
    pub(super) memory: Option<Memory>,
    pub(super) jobs: Jobs,
    last_round: Option<Seconds>,
    /// Whether its records are kept in line with the cloud and its memory outlives it.
    careful: bool,
    recorded: bool,
    pub(super) sightings: Changes<CoalitionSighting>,
}

impl Server {
    pub(super) fn new(engine: CoalitionEngine, careful: bool, recorded: bool) -> Server {
        Server {
            memory: Some(engine.start(0, &[])),
            engine,
            jobs: Jobs::default(),
            last_round: None,
            careful,
            recorded,
            sightings: Changes::default(),
        }
    }

    /// Starts again at `now`. The original counts the silence of every worker from here, also of those that never
    /// made a request.
    pub(super) fn restart(&mut self, fleet: &mut Fleet, now: Seconds) {
        self.last_round = None;
        if !self.careful {
            self.memory = Some(self.engine.start(now, &[]));
        }
        for worker in &mut fleet.workers {
            if worker.joined.is_some() || !self.careful {
                worker.heard = Some(now);
                worker.flagged = false;
            }
        }
    }

    /// Takes in a request of a worker.
    pub(super) fn hear(fleet: &mut Fleet, worker: usize, now: Seconds) {
        let worker = &mut fleet.workers[worker];
        worker.joined.get_or_insert(now);
        worker.heard = Some(now);
        worker.flagged = false;
    }

    /// Answers a worker that asks for a job: its number and run time.
    pub(super) fn ask(&mut self, fleet: &mut Fleet, number: usize) -> Option<(usize, Seconds)> {
        let worker = &mut fleet.workers[number];
        if self.careful && worker.state == WorkerState::Terminated {
            return None;
        }
        if worker.state == WorkerState::Working
            && let Some(job) = worker.job.take().filter(|job| self.jobs.works_for(*job, number))
        {
            self.jobs.put_back(job);
        }
        let taken = self.jobs.take(number);
        worker.state = if taken.is_some() { WorkerState::Working } else { WorkerState::Waiting };
        worker.job = taken.map(|(job, _)| job).or(worker.job);
        taken
    }

    /// Takes in a heartbeat. Tells whether the worker may go on with the job.
    pub(super) fn heartbeat(&mut self, fleet: &mut Fleet, number: usize, job: usize) -> bool {
        let worker = &mut fleet.workers[number];
        let goes_on = self.jobs.works_for(job, number);
        // The original takes a worker that it has terminated back, and lets a finished job run again.
        if !(self.careful && worker.state == WorkerState::Terminated) {
            worker.state = if goes_on { WorkerState::Working } else { WorkerState::Waiting };
        }
        if !goes_on && !self.careful && self.jobs.is_held_by(job, number) {
            self.jobs.put_back(job);
        }
        goes_on
    }

    /// Takes in the end of a job.
    pub(super) fn finish(&mut self, fleet: &mut Fleet, number: usize, job: usize, now: Seconds) {
        let worker = &mut fleet.workers[number];
        if self.jobs.works_for(job, number) {
            self.jobs.finish(job, now);
            if !(self.careful && worker.state == WorkerState::Terminated) {
                worker.state = WorkerState::Waiting;
            }
        }
    }

    /// Decides, if a round is due at `now`.
    pub(super) fn round(&mut self, fleet: &mut Fleet, now: Seconds) -> Option<Pass> {
        if self.last_round.is_some_and(|last| now - last < ROUND_EVERY) {
            return None;
        }
        self.last_round = Some(now);
        fleet.forget(self.careful, now);
        self.time_out(fleet, now);
        let (machines, hosts) = if self.careful { observed(fleet) } else { recorded(fleet) };
        let observation = Observation {
            demand: Reading::Fresh { value: self.jobs.demand() },
            machines: Reading::Fresh { value: Cow::Owned(machines) },
            pool: Reading::Fresh { value: Cow::Owned(hosts) },
            ..Observation::unread(now)
        };
        let memory = self.memory.take().unwrap_or_else(|| self.engine.start(now, &[]));
        Some(self.engine.decide(&observation, memory))
    }

    /// Takes in the results of a round.
    pub(super) fn settle(&mut self, outcome: &crate::elastic::engine::Outcome, memory: Memory, fleet: &Fleet) {
        self.memory = Some(self.engine.settle(outcome, memory));
        if self.recorded {
            let workers = fleet.workers.iter().map(|worker| (worker.name.clone(), worker.state)).collect();
            self.sightings.record(outcome.now, CoalitionSighting { waiting: self.jobs.shown(), workers });
        }
    }

    /// Times silent workers out; their jobs wait again.
    fn time_out(&mut self, fleet: &mut Fleet, now: Seconds) {
        for number in fleet.current_numbers() {
            let worker = &mut fleet.workers[number];
            let silent = worker.heard.is_some_and(|heard| now - heard > SILENCE);
            if !silent || worker.flagged {
                continue;
            }
            worker.flagged = true;
            let lost = worker.job.filter(|job| self.jobs.works_for(*job, number));
            if let Some(job) = lost
                && (worker.state == WorkerState::Working || self.careful)
            {
                self.jobs.put_back(job);
            }
            if worker.state != WorkerState::Terminated {
                worker.state = WorkerState::Timeout;
            }
        }
    }
}
