use super::super::census::{Census, removal_order};
use super::super::decision::{Decision, Launch, Market, Termination};
use super::super::interface::{Engine, Wants};
use super::super::limit::Limit;
use super::super::machine::{MachineId, MachineState};
use super::super::memory::Memory;
use super::super::note::Note;
use super::super::observation::{Demand, Observation};
use super::super::outcome::Outcome;
use super::super::pass::Pass;
use super::super::protection::Protection;
use super::super::reading::Reading;
use super::super::reason::Reason;
use super::super::seconds::Seconds;
use super::config::QueuelenConfig;
use super::memory::QueuelenMemory;

/// EPU's engine that follows the length of a queue.
#[derive(Clone, Debug)]
pub struct QueuelenEngine {
    config: QueuelenConfig,
    protection: Protection,
}

impl QueuelenEngine {
    /// Makes an engine.
    pub fn new(config: QueuelenConfig, protection: Protection) -> QueuelenEngine {
        QueuelenEngine { config, protection }
    }

    fn own(memory: Memory) -> Box<QueuelenMemory> {
        match memory {
            Memory::Queuelen(memory) => memory,
            _ => Box::default(),
        }
    }

    fn launch(&self, count: i64, reason: Reason) -> Option<Decision> {
        let count = u32::try_from(count).ok().filter(|count| *count > 0)?;
        Some(Decision::Launch(Launch {
            kind: None,
            count,
            reason,
            slot: None,
            variables: self.config.provisioner_vars.clone(),
            market: Market::default(),
        }))
    }

    /// Returns the low and the high mark.
    fn marks(&self, notes: &mut Vec<Note>) -> (i64, i64) {
        let (low, high) = (self.config.low_water, self.config.high_water);
        if low > high && self.protection.order_marks {
            notes.push(Note::Corrected { setting: format!("low mark {high}, high mark {low}") });
            return (high, low);
        }
        (low, high)
    }

    /// Returns the queue length, or the limit that forbids a decision by it.
    fn length(&self, demand: &Reading<Demand>) -> Result<i64, Limit> {
        let source = || "demand".to_owned();
        let Some(value) = demand.value() else { return Err(Limit::FailedReading { source: source() }) };
        match (demand.age(), self.protection.stale_after) {
            (Some(age), Some(allowed)) if age > allowed => Err(Limit::StaleReading { source: source(), age, allowed }),
            _ => Ok(i64::try_from(value.waiting).unwrap_or(i64::MAX)),
        }
    }

    /// Returns the limit that machines on their way put on growth.
    fn blocked(&self, memory: &QueuelenMemory, pending: i64, now: Seconds) -> Option<Limit> {
        if pending == 0 {
            return None;
        }
        let until = self.protection.growth_interval.zip(memory.census.launched_at);
        match until.map(|(interval, launched)| launched.saturating_add(interval)) {
            Some(until) if now >= until => None,
            _ => Some(Limit::Starting { machines: pending }),
        }
    }

    /// One machine more or one fewer by the length of the queue.
    fn follow_queue(
        &self,
        memory: &QueuelenMemory,
        census: &mut Census<'_>,
        observation: &Observation<'_>,
        machines: i64,
        pending: i64,
        notes: &mut Vec<Note>,
    ) {
        let blocked = self.blocked(memory, pending, observation.now);
        if let Some(by) = blocked.clone()
            && self.protection.growth_interval.is_none()
        {
            // Without protection a machine on its way stops every decision.
            notes.push(Note::Held { by });
            return;
        }
        let length = match self.length(&observation.demand) {
            Ok(length) => length,
            Err(by) => return notes.push(Note::Held { by }),
        };
        let (low, high) = self.marks(notes);
        if machines == 0 && length == 0 {
            return;
        }
        if length > high || machines == 0 {
            let reason = Reason::HighWater { length, mark: high, machines };
            let limit = blocked.or_else(|| census.limit.clone().filter(|_| census.admitted.is_some_and(|n| n < 1)));
            match limit {
                Some(by) => notes.push(Note::StartLimited { reason: "queue".into(), wanted: 1, allowed: 0, by }),
                None => census.decisions.extend(self.launch(1, reason)),
            }
        } else if length < low && machines != self.config.min_instances {
            let last = self.protection.keep_one_for_work && length > 0 && machines <= 1;
            let below = self.protection.keep_one_for_work && machines <= self.config.min_instances;
            let cooling = self
                .protection
                .shrink_cooldown
                .zip(memory.census.launched_at)
                .map(|(time, launched)| launched.saturating_add(time))
                .filter(|until| length > 0 && observation.now < *until);
            if let Some(until) = cooling {
                notes.push(Note::Held { by: Limit::Cooldown { until } });
            } else if !last && !below {
                self.shrink(memory, census, length, low, machines);
            }
        }
    }

    fn shrink(&self, memory: &QueuelenMemory, census: &mut Census<'_>, length: i64, mark: i64, machines: i64) {
        removal_order(&self.protection, &mut census.valid);
        // The next end waits until the last one is confirmed: the original asks again for the same machine.
        let chosen = census.valid.first().filter(|machine| !memory.census.ended.contains(&machine.id));
        if let Some(machine) = chosen {
            let reason = Reason::LowWater { length, mark, machines };
            census.decisions.push(Decision::Terminate(Termination { machines: vec![machine.id.clone()], reason }));
        }
    }
}

impl Engine for QueuelenEngine {
    fn start(&self, _now: Seconds, _own: &[MachineId]) -> Memory {
        Memory::Queuelen(Box::default())
    }

    fn next_due(&self, _memory: &Memory) -> Seconds {
        Seconds::MIN
    }

    fn wants(&self, _memory: &Memory, _now: Seconds) -> Wants {
        Wants { machines: true, demand: true, ..Wants::default() }
    }

    fn decide(&self, observation: &Observation<'_>, memory: Memory) -> Pass {
        let mut memory = QueuelenEngine::own(memory);
        let mut notes = Vec::new();
        let Some(machines) = observation.fresh_machines() else {
            notes.push(Note::Held { by: Limit::FailedReading { source: "machines".into() } });
            return Pass { decisions: Vec::new(), notes, memory: Memory::Queuelen(memory) };
        };
        let mut census = memory.census.take(&self.protection, machines, observation.now, true);
        let mut count = i64::try_from(census.valid.len()).unwrap_or(i64::MAX);
        let missing = self.config.min_instances.saturating_sub(count);
        if missing > 0 {
            let allowed = census.admitted.map_or(missing, |admitted| admitted.clamp(0, missing));
            let reason = Reason::Min { minimum: self.config.min_instances, running: count, coming: 0 };
            if allowed < missing
                && let Some(by) = census.limit.clone()
            {
                notes.push(Note::StartLimited { reason: "min".into(), wanted: missing, allowed, by });
            }
            census.admitted = census.admitted.map(|admitted| admitted - allowed);
            census.decisions.extend(self.launch(allowed, reason));
            count = count.saturating_add(allowed);
        }
        let pending = machines
            .iter()
            .filter(|machine| machine.own)
            .filter(|machine| match machine.state {
                MachineState::Requesting => self.protection.count_requested,
                state => state == MachineState::Pending,
            })
            .count();
        let pending = i64::try_from(pending).unwrap_or(i64::MAX);
        self.follow_queue(&memory, &mut census, observation, count, pending, &mut notes);
        Pass { decisions: census.decisions, notes, memory: Memory::Queuelen(memory) }
    }

    fn settle(&self, outcome: &Outcome, memory: Memory) -> Memory {
        let mut memory = QueuelenEngine::own(memory);
        let launched = outcome.launched.iter().map(|launched| &launched.machine);
        let ended = outcome.terminated.iter().chain(&outcome.ended);
        memory.census.settle(&self.protection, launched, ended, outcome.now);
        Memory::Queuelen(memory)
    }

    fn unfinished(&self, _memory: &Memory) -> bool {
        false
    }
}
