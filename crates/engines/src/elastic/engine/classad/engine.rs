use super::super::config_error::ConfigError;
use super::super::interface::{Engine, Wants};
use super::super::limit::Limit;
use super::super::machine::MachineId;
use super::super::memory::Memory;
use super::super::note::Note;
use super::super::observation::Observation;
use super::super::outcome::Outcome;
use super::super::pass::Pass;
use super::super::reading::Reading;
use super::super::seconds::Seconds;
use super::assumed_ad::assumed;
use super::config::ClassadConfig;
use super::fleet::glimpse;
use super::machine_clock::MachineClock;
use super::memory::ClassadMemory;
use super::round::Round;
use super::settlement::settle;
use super::template::Template;

/// The engine that places groups of jobs on what is left of real machines, then on new machines of the cheapest kind
/// that fits.
///
/// A pass needs fresh readings of the groups, the cloud and the pool. With a stale or failed one it decides nothing,
/// except that machines which never joined are ended on fresh readings of the cloud and the pool.
#[derive(Clone, Debug)]
pub struct ClassadEngine {
    config: ClassadConfig,
    /// The slots of each kind by the price list.
    assumed: Vec<Template>,
}

impl ClassadEngine {
    /// Makes an engine.
    ///
    /// # Errors
    ///
    /// Names an expression in a kind's figures that is none, a name that two kinds have, or a setting out of range.
    pub fn new(config: ClassadConfig) -> Result<ClassadEngine, ConfigError> {
        let mut templates = Vec::new();
        for (position, kind) in config.kinds.iter().enumerate() {
            if config.kinds.iter().take(position).any(|other| other.name == kind.name) {
                let expected = "a name of its own for each kind of machine";
                return Err(ConfigError::Value { setting: "machines", value: kind.name.to_string(), expected });
            }
            templates.push(assumed(kind).map_err(|error| ConfigError::Expression {
                kind: kind.name.to_string(),
                attribute: error.attribute,
                text: error.text,
                problem: error.source.to_string(),
            })?);
        }
        if config.min > config.max {
            let value = config.min.to_string();
            return Err(ConfigError::Value { setting: "min", value, expected: "at most `max`" });
        }
        let every = [("every", config.every), ("idle", config.idle), ("deploy_time", config.deploy_time)];
        for (setting, value) in every {
            if value < 0 {
                let value = value.to_string();
                return Err(ConfigError::Value {
                    setting,
                    value,
                    expected: "a number of seconds that is not negative",
                });
            }
        }
        Ok(ClassadEngine { config, assumed: templates })
    }

    /// Returns the settings.
    pub fn config(&self) -> &ClassadConfig {
        &self.config
    }

    fn own(memory: Memory) -> Box<ClassadMemory> {
        match memory {
            Memory::Classad(memory) => memory,
            _ => Box::default(),
        }
    }
}

impl Engine for ClassadEngine {
    fn start(&self, now: Seconds, own: &[MachineId]) -> Memory {
        let mut memory = ClassadMemory::default();
        for machine in own {
            memory.machines.push(machine.clone(), MachineClock::new(None, now));
        }
        Memory::Classad(Box::new(memory))
    }

    fn next_due(&self, memory: &Memory) -> Seconds {
        match memory {
            Memory::Classad(memory) => {
                memory.last_pass.map_or(Seconds::MIN, |last| last.saturating_add(self.config.every))
            }
            _ => Seconds::MIN,
        }
    }

    fn wants(&self, _memory: &Memory, _now: Seconds) -> Wants {
        Wants { machines: true, groups: true, slots: true, ..Wants::default() }
    }

    fn decide(&self, observation: &Observation<'_>, memory: Memory) -> Pass {
        let mut memory = ClassadEngine::own(memory);
        let now = observation.now;
        memory.last_pass = Some(now);
        memory.planned.clear();
        let mut notes = Vec::new();
        notes.extend(hold("groups", &observation.groups));
        notes.extend(hold("machines", &observation.machines));
        notes.extend(hold("slots", &observation.slots));
        let mut decisions = Vec::new();
        if let (Some(machines), Some(pool)) = (observation.fresh_machines(), observation.slots.fresh()) {
            let groups = observation.groups.fresh().map(|groups| &**groups);
            let round = Round::new(&self.config, self.assumed.clone(), now);
            let (of_round, remarks) = round.decide(&mut memory, (machines, pool), groups);
            decisions = of_round;
            notes.extend(remarks);
        } else if let Some(pool) = observation.slots.fresh() {
            glimpse(&mut memory, pool, now);
        }
        Pass { decisions, notes, memory: Memory::Classad(memory) }
    }

    fn settle(&self, outcome: &Outcome, memory: Memory) -> Memory {
        let mut memory = ClassadEngine::own(memory);
        settle(&self.config, outcome, &mut memory);
        Memory::Classad(memory)
    }

    fn unfinished(&self, _memory: &Memory) -> bool {
        false
    }
}

/// Says that a source holds decisions back.
fn hold<T>(source: &str, reading: &Reading<T>) -> Option<Note> {
    let by = match reading {
        Reading::Fresh { .. } => return None,
        Reading::Stale { age, .. } => Limit::StaleReading { source: source.into(), age: *age, allowed: 0 },
        Reading::Failed { .. } | Reading::Unread => Limit::FailedReading { source: source.into() },
    };
    Some(Note::Held { by })
}
