use super::super::breaker::Admission;
use super::super::decision::{Decision, Launch, Termination};
use super::super::interface::{Engine, Wants};
use super::super::limit::Limit;
use super::super::machine::{Machine, MachineId, MachineState};
use super::super::memory::Memory;
use super::super::note::Note;
use super::super::observation::{Demand, Observation};
use super::super::outcome::Outcome;
use super::super::pass::Pass;
use super::super::protection::Protection;
use super::super::reason::Reason;
use super::super::seconds::Seconds;
use super::super::start_time::start_patience;
use super::config::CoalitionConfig;
use super::memory::CoalitionMemory;
use super::roster::{Roster, Worker, WorkerState};

/// coalition's engine.
#[derive(Clone, Debug)]
pub struct CoalitionEngine {
    config: CoalitionConfig,
    protection: Protection,
}

impl CoalitionEngine {
    /// Makes an engine.
    pub fn new(config: CoalitionConfig, protection: Protection) -> CoalitionEngine {
        CoalitionEngine { config, protection }
    }

    fn own(memory: Memory) -> Box<CoalitionMemory> {
        match memory {
            Memory::Coalition(memory) => memory,
            _ => Box::default(),
        }
    }

    fn waiting(&self, demand: &Demand, notes: &mut Vec<Note>) -> i64 {
        let waiting = i64::try_from(demand.waiting).unwrap_or(i64::MAX);
        if !self.protection.servable_only {
            return waiting.saturating_add(i64::try_from(demand.unservable).unwrap_or(i64::MAX));
        }
        if demand.unservable > 0 {
            notes.push(Note::Unservable { jobs: demand.unservable });
        }
        waiting
    }

    /// Tells the breaker which machines came up and which did not.
    fn follow(&self, memory: &mut CoalitionMemory, machines: &[Machine], roster: &Roster<'_>, now: Seconds) {
        let Some(limits) = &self.protection.breaker else { return };
        for worker in roster.0.iter().filter(|worker| worker.state != WorkerState::Timeout) {
            if let Some(joined) = worker.joined_at {
                memory.breaker.up(&worker.machine.id, joined);
            }
        }
        for machine in machines.iter().filter(|machine| matches!(machine.state, MachineState::Gone)) {
            memory.breaker.failed(&machine.id, now);
        }
        memory.breaker.review(limits, now);
    }

    fn start(
        &self,
        memory: &CoalitionMemory,
        roster: &Roster<'_>,
        waiting: i64,
        now: Seconds,
    ) -> Result<Decision, Note> {
        let limited = |wanted, by| Err(Note::StartLimited { reason: "waiting_jobs".into(), wanted, allowed: 0, by });
        let (starting, working) = (roster.count(WorkerState::Starting), roster.count(WorkerState::Working));
        let idle = roster.count(WorkerState::Waiting);
        let silent = if self.protection.follow_machines { roster.count(WorkerState::Timeout) } else { 0 };
        let free = if self.protection.busy_is_not_free { starting + idle } else { starting + idle + working };
        let missing = waiting.saturating_sub(free);
        let live = starting + working + idle + silent;
        let room = self.config.maximum.saturating_sub(live);
        if missing > 0 && room <= 0 {
            return limited(missing, Limit::Maximum { maximum: self.config.maximum, live });
        }
        let mut count = missing.min(room).min(if self.protection.launch_together { i64::MAX } else { 1 });
        if count <= 0 {
            return Err(Note::Held { by: Limit::Starting { machines: free } });
        }
        let next = memory.started_at.map(|started| started.saturating_add(self.config.start_delay));
        if let Some(until) = next.filter(|until| now < *until) {
            return limited(count, Limit::Cooldown { until });
        }
        if let Some(limits) = &self.protection.breaker {
            let failures = memory.breaker.failures();
            match memory.breaker.admission(limits, now) {
                Admission::Free => {}
                Admission::Trial => count = 1,
                Admission::Closed(until) => return limited(count, Limit::Breaker { failures, until }),
            }
        }
        let reason = Reason::WaitingJobs { waiting, workers: free, maximum: self.config.maximum };
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        Ok(Decision::Launch(Launch { market: self.config.market, ..Launch::plain(count, reason) }))
    }

    /// Returns the reason for which a worker ends when no job waits.
    fn surplus(&self, worker: &Worker<'_>) -> Option<Reason> {
        let (age, minimum) = (worker.age, self.config.minimum_lifetime);
        if age <= minimum {
            return None;
        }
        match worker.state {
            WorkerState::Working => None,
            WorkerState::Waiting => Some(Reason::WorkerIdle { age, minimum }),
            WorkerState::Starting => Some(Reason::WorkerStarting { age, minimum }),
            WorkerState::Timeout => Some(Reason::WorkerTimeout { age, minimum }),
        }
    }

    /// Returns the reason for which a worker ends though jobs wait: it holds a place and takes no job.
    fn useless(&self, worker: &Worker<'_>, patience: Seconds) -> Option<Reason> {
        match worker.state {
            WorkerState::Starting if worker.age > patience => {
                Some(Reason::WorkerStarting { age: worker.age, minimum: patience })
            }
            WorkerState::Timeout => self.surplus(worker),
            _ => None,
        }
    }
}

impl Engine for CoalitionEngine {
    fn start(&self, _now: Seconds, _own: &[MachineId]) -> Memory {
        Memory::Coalition(Box::default())
    }

    fn next_due(&self, _memory: &Memory) -> Seconds {
        Seconds::MIN
    }

    fn wants(&self, _memory: &Memory, _now: Seconds) -> Wants {
        Wants { demand: true, machines: true, pool: true, ..Wants::default() }
    }

    fn decide(&self, observation: &Observation<'_>, memory: Memory) -> Pass {
        let mut memory = CoalitionEngine::own(memory);
        let (mut notes, mut decisions) = (Vec::new(), Vec::new());
        memory.starting = false;
        let readings = (observation.demand.fresh(), observation.fresh_machines(), observation.fresh_pool());
        let (Some(demand), Some(machines), Some(pool)) = readings else {
            let source = match readings {
                (None, ..) => "demand",
                (_, None, _) => "machines",
                _ => "pool",
            };
            notes.push(Note::Held { by: Limit::FailedReading { source: source.into() } });
            return Pass { decisions, notes, memory: Memory::Coalition(memory) };
        };
        let now = observation.now;
        let roster = Roster::new(machines, pool, now);
        self.follow(&mut memory, machines, &roster, now);
        let waiting = self.waiting(demand, &mut notes);
        let end = |worker: &Worker<'_>, reason| {
            Decision::Terminate(Termination { machines: vec![worker.machine.id.clone()], reason })
        };
        if waiting > 0 {
            match self.start(&memory, &roster, waiting, now) {
                Ok(decision) => {
                    memory.starting = true;
                    decisions.push(decision);
                }
                Err(note) => notes.push(note),
            }
            if let Some(unknown) = self.protection.start_deadline {
                let patience = start_patience(unknown, roster.slowest_start(), memory.breaker.rounds());
                let useless = |worker: &Worker<'_>| Some(end(worker, self.useless(worker, patience)?));
                decisions.extend(roster.0.iter().filter_map(useless));
            }
        } else {
            decisions.extend(roster.0.iter().filter_map(|worker| Some(end(worker, self.surplus(worker)?))));
        }
        Pass { decisions, notes, memory: Memory::Coalition(memory) }
    }

    fn settle(&self, outcome: &Outcome, memory: Memory) -> Memory {
        let mut memory = CoalitionEngine::own(memory);
        // The original never reads the result of a start.
        let started = !outcome.launched.is_empty() || (memory.starting && !self.protection.follow_machines);
        if started {
            memory.started_at = Some(outcome.now);
        }
        memory.starting = false;
        if self.protection.breaker.is_some() {
            outcome.launched.iter().for_each(|launched| memory.breaker.launched(launched.machine.clone()));
        }
        outcome.ended.iter().for_each(|machine| memory.breaker.ended(machine));
        for machine in &outcome.terminated {
            memory.breaker.failed(machine, outcome.now);
        }
        Memory::Coalition(memory)
    }

    fn unfinished(&self, _memory: &Memory) -> bool {
        false
    }
}
