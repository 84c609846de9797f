use super::super::interface::{Engine, Wants};
use super::super::machine::MachineId;
use super::super::memory::Memory;
use super::super::observation::Observation;
use super::super::outcome::Outcome;
use super::super::pass::Pass;
use super::super::protection::Protection;
use super::super::reason::Reason;
use super::super::seconds::Seconds;
use super::config::ElastiqConfig;
use super::deadline::{RETRY, check_deadline};
use super::errors::check_errors;
use super::growth::grow;
use super::machines::check_machines;
use super::memory::ElastiqMemory;
use super::minimum::restore_minimum;
use super::queue::check_queue;
use super::timer::Task;

/// elastiq's engine with the rule set "repaired".
///
/// It keeps elastiq's list of timers: each step takes the next one that is due.
#[derive(Clone, Debug)]
pub struct ElastiqEngine {
    config: ElastiqConfig,
    protection: Protection,
}

impl ElastiqEngine {
    /// Makes an engine.
    pub fn new(config: ElastiqConfig, protection: Protection) -> ElastiqEngine {
        ElastiqEngine { config, protection }
    }

    fn own(memory: Memory) -> Box<ElastiqMemory> {
        match memory {
            Memory::Elastiq(memory) => memory,
            _ => Box::default(),
        }
    }

    /// Returns the time that machines launched now get to join.
    fn deploy_time(&self, memory: &ElastiqMemory) -> Seconds {
        self.config.deploy_time.saturating_mul(memory.patience.max(1))
    }

    /// Machines get more time after some did not join in the time `allowed`. One that had less than new ones get tells
    /// nothing new: others of its launch have failed before; and several of one moment count once.
    fn lengthen_patience(&self, memory: &mut ElastiqMemory, allowed: Seconds, now: Seconds) {
        let Some(limits) = &self.protection.patience else { return };
        let allowed = if allowed == 0 { self.config.deploy_time } else { allowed };
        if memory.patience_grew != Some(now) && allowed >= self.deploy_time(memory) {
            memory.patience = memory.patience.max(1).saturating_mul(limits.factor).min(limits.most.max(1));
            memory.patience_grew = Some(now);
        }
    }
}

impl Engine for ElastiqEngine {
    fn start(&self, now: Seconds, own: &[MachineId]) -> Memory {
        let mut memory = ElastiqMemory::default();
        for task in [Task::Errors, Task::Machines, Task::Queue] {
            memory.set(now, task);
        }
        for machine in own {
            let task = Task::Deadline { machine: machine.clone(), allowed: self.config.deploy_time };
            memory.set(now.saturating_add(self.config.deploy_time), task);
        }
        Memory::Elastiq(Box::new(memory))
    }

    fn next_due(&self, memory: &Memory) -> Seconds {
        let Memory::Elastiq(memory) = memory else { return Seconds::MIN };
        if !memory.due.is_empty() {
            return Seconds::MIN;
        }
        memory.clocks().map(|timer| timer.due).min().unwrap_or(Seconds::MIN)
    }

    fn next_due_after(&self, memory: &Memory, last: Seconds) -> Option<Seconds> {
        let Memory::Elastiq(memory) = memory else { return None };
        memory.clocks().map(|timer| timer.due).filter(|due| *due > last).min()
    }

    fn wants(&self, memory: &Memory, now: Seconds) -> Wants {
        let Memory::Elastiq(memory) = memory else { return Wants::default() };
        let due = memory.clocks().filter(|timer| timer.due <= now).map(|timer| &timer.task);
        let mut tasks: Box<dyn Iterator<Item = &Task>> =
            if memory.due.is_empty() { Box::new(due) } else { Box::new(memory.due.iter()) };
        let pool = self.protection.look_before_end;
        match tasks.find(|task| !matches!(task, Task::Uncount { .. })) {
            None | Some(Task::Uncount { .. }) => Wants::default(),
            Some(Task::Errors | Task::Replace { .. } | Task::Minimum) => Wants { machines: true, ..Wants::default() },
            Some(Task::Machines) => Wants { machines: true, pool: true, ..Wants::default() },
            Some(Task::Queue) => Wants { machines: true, demand: true, ..Wants::default() },
            Some(Task::Deadline { .. }) => Wants { machines: true, pool, ..Wants::default() },
        }
    }

    fn decide(&self, observation: &Observation<'_>, memory: Memory) -> Pass {
        let mut memory = ElastiqEngine::own(memory);
        if memory.timers.is_empty() && memory.due.is_empty() && memory.repeat.is_none() {
            memory = ElastiqEngine::own(self.start(observation.now, &[]));
        }
        if memory.due.is_empty() {
            memory.begin(observation.began);
        }
        let mut notes = Vec::new();
        let (config, protection) = (&self.config, &self.protection);
        let step = loop {
            match memory.due.pop_front() {
                Some(Task::Uncount { machine }) => drop(memory.coming.remove(&machine)),
                step => break step,
            }
        };
        let decision = match &step {
            None | Some(Task::Uncount { .. }) => None,
            Some(Task::Errors) => check_errors(config, protection, &mut memory, observation),
            Some(Task::Machines) => check_machines(config, protection, &mut memory, observation, &mut notes),
            Some(Task::Queue) => check_queue(config, protection, &mut memory, observation, &mut notes),
            Some(Task::Deadline { machine, allowed }) => {
                let allowed = if *allowed == 0 { &config.deploy_time } else { allowed };
                check_deadline(protection, &mut memory, observation, (machine, *allowed), &mut notes)
            }
            Some(Task::Minimum) => {
                let (decision, note) = restore_minimum(config, protection, &memory, observation);
                notes.extend(note);
                decision
            }
            Some(Task::Replace { failed }) => {
                let reason = Reason::Error { failed: *failed };
                let (decision, note) = grow(config, protection, &memory, observation, *failed, reason);
                notes.extend(note);
                decision
            }
        };
        memory.step = step;
        Pass { decisions: decision.into_iter().collect(), notes, memory: Memory::Elastiq(memory) }
    }

    fn settle(&self, outcome: &Outcome, memory: Memory) -> Memory {
        let mut memory = ElastiqEngine::own(memory);
        let allowed = self.deploy_time(&memory);
        let due = outcome.now.saturating_add(allowed);
        for launched in &outcome.launched {
            let machine = &launched.machine;
            memory.coming.insert(machine.clone(), outcome.now);
            memory.set(due, Task::Uncount { machine: machine.clone() });
            memory.set(due, Task::Deadline { machine: machine.clone(), allowed });
            if self.protection.breaker.is_some() {
                memory.breaker.launched(machine.clone());
            }
        }
        for machine in &outcome.ended {
            memory.uncount(machine);
            memory.breaker.ended(machine);
        }
        match memory.step.take() {
            Some(Task::Errors) => {
                for machine in &outcome.terminated {
                    memory.uncount(machine);
                    memory.breaker.failed(machine, outcome.now);
                }
                if !outcome.terminated.is_empty() {
                    let failed = i64::try_from(outcome.terminated.len()).unwrap_or(i64::MAX);
                    memory.due.push_front(Task::Replace { failed });
                }
            }
            Some(Task::Deadline { machine: judged, allowed }) => {
                for machine in &outcome.terminated {
                    memory.breaker.failed(machine, outcome.now);
                    self.lengthen_patience(&mut memory, allowed, outcome.now);
                    if self.protection.follow_machines {
                        memory.uncount(machine);
                    }
                }
                // Others that stay have deadlines of their own, or had them.
                if outcome.unterminated.contains(&judged) {
                    memory.set(outcome.now.saturating_add(RETRY), Task::Deadline { machine: judged, allowed });
                }
            }
            Some(Task::Machines) => {
                outcome.terminated.iter().for_each(|machine| memory.breaker.ended(machine));
                if self.protection.look_before_end {
                    memory.still_idle(&outcome.unterminated, self.config.idle_for);
                }
            }
            _ => {}
        }
        if !matches!(memory.due.front(), Some(Task::Replace { .. } | Task::Minimum)) {
            memory.flush();
        }
        Memory::Elastiq(memory)
    }

    fn unfinished(&self, memory: &Memory) -> bool {
        matches!(memory, Memory::Elastiq(memory) if !memory.due.is_empty())
    }
}
