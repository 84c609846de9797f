use std::collections::BTreeSet;
use std::sync::Arc;

use serde_json::{Map, Value};

use super::super::census::{Census, removal_order};
use super::super::config_error::ConfigError;
use super::super::decision::{Decision, Launch, Market, Termination};
use super::super::interface::{Engine, Wants};
use super::super::limit::Limit;
use super::super::machine::MachineId;
use super::super::memory::Memory;
use super::super::note::Note;
use super::super::observation::Observation;
use super::super::outcome::Outcome;
use super::super::pass::Pass;
use super::super::protection::Protection;
use super::super::reason::Reason;
use super::super::seconds::Seconds;
use super::config::NpreservingConfig;
use super::memory::NpreservingMemory;

/// EPU's engine that keeps a number of machines.
#[derive(Clone, Debug)]
pub struct NpreservingEngine {
    config: NpreservingConfig,
    protection: Protection,
}

impl NpreservingEngine {
    /// Makes an engine.
    pub fn new(config: NpreservingConfig, protection: Protection) -> NpreservingEngine {
        NpreservingEngine { config, protection }
    }

    /// Returns the settings in force.
    pub fn config(&self) -> &NpreservingConfig {
        &self.config
    }

    /// Lays new settings over the old ones while the engine runs, and returns the memory with the slots that were taken
    /// out: their machines are ended in the next pass.
    ///
    /// # Errors
    /// The settings are refused; the old ones stay in force.
    pub fn reconfigure(&mut self, changes: &Map<String, Value>, memory: &mut Memory) -> Result<(), ConfigError> {
        let config = self.config.with(changes)?;
        if let Memory::Npreserving(memory) = memory {
            let kept = |slot: &Arc<str>| config.unique_instances.contains_key(slot);
            let removed = self.config.unique_instances.keys().filter(|slot| !kept(slot)).cloned();
            memory.removed.extend(removed);
            if self.protection.follow_machines {
                memory.removed.retain(|slot| !kept(slot));
            }
        }
        self.config = config;
        Ok(())
    }

    fn own(memory: Memory) -> Box<NpreservingMemory> {
        match memory {
            Memory::Npreserving(memory) => memory,
            _ => Box::default(),
        }
    }

    fn launch(&self, slot: Option<&Arc<str>>, count: u32, reason: Reason) -> Decision {
        Decision::Launch(Launch {
            kind: None,
            count,
            reason,
            slot: slot.cloned(),
            variables: self.config.variables(slot.map(|slot| &**slot)),
            market: Market::default(),
        })
    }

    /// Ends the machines of slots that were taken out, and forgets them among the valid ones.
    fn end_removed(&self, memory: &mut NpreservingMemory, census: &mut Census<'_>) {
        for slot in std::mem::take(&mut memory.removed) {
            // The original fails here for a slot that never had a machine.
            let Some(machine) = memory.slots.get(&slot).cloned() else { continue };
            if self.config.devmode_no_failure_compensation {
                continue;
            }
            let live = census.valid.iter().any(|valid| valid.id == machine);
            census.valid.retain(|valid| valid.id != machine);
            if live && !memory.census.ended.contains(&machine) {
                let reason = Reason::UniqueRemoved { slot };
                census.decisions.push(Decision::Terminate(Termination { machines: vec![machine], reason }));
            }
        }
    }

    /// Launches a machine for every slot that has no valid one. Returns their number.
    fn fill_slots(&self, memory: &mut NpreservingMemory, census: &mut Census<'_>) -> i64 {
        let mut missing = 0;
        for slot in self.config.unique_instances.keys() {
            let filled =
                memory.slots.get(slot).is_some_and(|machine| census.valid.iter().any(|valid| valid.id == *machine));
            if filled {
                continue;
            }
            missing += 1;
            if census.admitted.is_some_and(|admitted| admitted < 1) {
                continue;
            }
            census.admitted = census.admitted.map(|admitted| admitted - 1);
            memory.asked.insert(census.decisions.len(), slot.clone());
            census.decisions.push(self.launch(Some(slot), 1, Reason::Unique { slot: slot.clone() }));
        }
        missing
    }

    /// Brings the machines without a slot to their number.
    fn level(&self, memory: &NpreservingMemory, census: &mut Census<'_>, notes: &mut Vec<Note>) {
        let unique: BTreeSet<&MachineId> = memory.slots.values().collect();
        let mut generic: Vec<_> =
            census.valid.iter().copied().filter(|machine| !unique.contains(&machine.id)).collect();
        let slots = i64::try_from(self.config.unique_instances.len()).unwrap_or(i64::MAX);
        let wanted = self.config.preserve_n.saturating_sub(slots);
        let valid = i64::try_from(generic.len()).unwrap_or(i64::MAX);
        if valid < wanted {
            let missing = wanted - valid;
            let allowed = census.admitted.map_or(missing, |admitted| admitted.clamp(0, missing));
            let reason = Reason::PreserveN { wanted, valid };
            if allowed < missing
                && let Some(by) = census.limit.clone()
            {
                let reason = reason.word().unwrap_or_default().into();
                notes.push(Note::StartLimited { reason, wanted: missing, allowed, by });
            }
            if let Ok(count @ 1..) = u32::try_from(allowed) {
                census.decisions.push(self.launch(None, count, reason));
            }
        } else if valid > wanted {
            removal_order(&self.protection, &mut generic);
            generic.truncate(usize::try_from(valid - wanted).unwrap_or(usize::MAX));
            let machines: Vec<_> = generic
                .into_iter()
                .filter(|machine| !memory.census.ended.contains(&machine.id))
                .map(|machine| machine.id.clone())
                .collect();
            if !machines.is_empty() {
                let reason = Reason::Surplus { wanted, valid };
                census.decisions.push(Decision::Terminate(Termination { machines, reason }));
            }
        }
    }
}

impl Engine for NpreservingEngine {
    fn start(&self, _now: Seconds, _own: &[MachineId]) -> Memory {
        Memory::Npreserving(Box::default())
    }

    fn next_due(&self, _memory: &Memory) -> Seconds {
        Seconds::MIN
    }

    fn wants(&self, _memory: &Memory, _now: Seconds) -> Wants {
        Wants { machines: true, ..Wants::default() }
    }

    fn decide(&self, observation: &Observation<'_>, memory: Memory) -> Pass {
        let mut memory = NpreservingEngine::own(memory);
        let mut notes = Vec::new();
        let Some(machines) = observation.fresh_machines() else {
            notes.push(Note::Held { by: Limit::FailedReading { source: "machines".into() } });
            return Pass { decisions: Vec::new(), notes, memory: Memory::Npreserving(memory) };
        };
        let compensate = !self.config.devmode_no_failure_compensation;
        let mut census = memory.census.take(&self.protection, machines, observation.now, compensate);
        if self.protection.follow_machines {
            for machine in &census.valid {
                if let Some(slot) = &machine.unique
                    && !memory.removed.contains(slot)
                {
                    memory.slots.entry(slot.clone()).or_insert_with(|| machine.id.clone());
                }
            }
        }
        memory.asked.clear();
        self.end_removed(&mut memory, &mut census);
        let missing = self.fill_slots(&mut memory, &mut census);
        let launched = i64::try_from(memory.asked.len()).unwrap_or(i64::MAX);
        if launched < missing
            && let Some(by) = census.limit.clone()
        {
            notes.push(Note::StartLimited { reason: "unique".into(), wanted: missing, allowed: launched, by });
        }
        self.level(&memory, &mut census, &mut notes);
        Pass { decisions: census.decisions, notes, memory: Memory::Npreserving(memory) }
    }

    fn settle(&self, outcome: &Outcome, memory: Memory) -> Memory {
        let mut memory = NpreservingEngine::own(memory);
        for launched in &outcome.launched {
            if let Some(slot) = memory.asked.remove(&launched.decision) {
                memory.slots.insert(slot, launched.machine.clone());
            }
        }
        memory.asked.clear();
        let launched = outcome.launched.iter().map(|launched| &launched.machine);
        let ended = outcome.terminated.iter().chain(&outcome.ended);
        memory.census.settle(&self.protection, launched, ended, outcome.now);
        Memory::Npreserving(memory)
    }

    fn unfinished(&self, _memory: &Memory) -> bool {
        false
    }
}
