use std::collections::BTreeMap;

use serde_json::{Map, Value};

use super::belief::Belief;
use super::brain::Brain;
use super::iaas_state::IaasState;
use super::machines::{Instance, Machines};
use crate::elastic::engine::{Health, HealthRule, MachineId, Memory, Protection, Seconds};

/// Time from the start of a controller to its engine's start, in seconds.
const INITIALIZATION: Seconds = 1;
/// Time between two pulses, in seconds.
const PULSE_EVERY: Seconds = 5;

/// Time in seconds for which a machine that ended is remembered.
const REMEMBERED: Seconds = 120;

/// Returns the place of a machine among the beliefs: after the launches that could not be sent before its own.
fn place(number: usize) -> (usize, usize) {
    (number, usize::MAX)
}

/// The phase of a controller.
#[derive(Debug)]
pub(super) enum Phase {
    /// Stopped, until a time.
    Down(Seconds),
    /// Starting: the engine starts at the time.
    Initializing(Seconds),
    /// Pulsing: the next pulse.
    Pulsing(Seconds),
    /// The engine did not accept its settings.
    Failed,
}

/// The controller: its beliefs, its store and its engine.
#[derive(Debug)]
pub(super) struct Controller {
    pub(super) engine: String,
    pub(super) protection: Protection,
    config: Map<String, Value>,
    /// Settings sent while it ran, as stored.
    stored: Map<String, Value>,
    pub(super) phase: Phase,
    pub(super) listening_since: Seconds,
    /// The machines that it believes in, by [`place`].
    beliefs: BTreeMap<(usize, usize), Belief>,
    /// The last queue length and its time.
    pub(super) queue: Option<(Seconds, u64)>,
    pub(super) brain: Option<Brain>,
    pub(super) memory: Option<Memory>,
}

impl Controller {
    pub(super) fn new(engine: &str, config: &Map<String, Value>, protection: &Protection) -> Controller {
        Controller {
            engine: engine.into(),
            protection: protection.clone(),
            config: config.clone(),
            stored: Map::new(),
            phase: Phase::Initializing(INITIALIZATION),
            listening_since: 0,
            beliefs: BTreeMap::new(),
            queue: None,
            brain: None,
            memory: None,
        }
    }

    /// Tells whether messages reach it.
    pub(super) fn listens(&self) -> bool {
        !matches!(self.phase, Phase::Down(_))
    }

    /// Tells whether what it knows outlives it, and its machines can be found by their tags.
    fn is_durable(&self) -> bool {
        self.protection.follow_machines
    }

    /// Returns the time at which it acts next.
    pub(super) fn next(&self) -> Option<Seconds> {
        match self.phase {
            Phase::Down(at) | Phase::Initializing(at) | Phase::Pulsing(at) => Some(at),
            Phase::Failed => None,
        }
    }

    /// Returns the belief about a machine.
    pub(super) fn belief(&mut self, number: usize) -> Option<&mut Belief> {
        self.beliefs.get_mut(&place(number))
    }

    /// Returns the beliefs, in launch order.
    pub(super) fn beliefs(&self) -> impl Iterator<Item = &Belief> {
        self.beliefs.values()
    }

    /// Returns the number of a machine. None: it does not exist.
    pub(super) fn number(&self, id: &MachineId) -> Option<usize> {
        let (place, _) = self.beliefs.iter().find(|(_, belief)| belief.id == *id)?;
        (place.1 == usize::MAX).then_some(place.0)
    }

    /// Judges the health of all machines, and forgets those that ended long ago.
    pub(super) fn review(&mut self, health: Option<&HealthRule>, now: Seconds) {
        self.beliefs.retain(|_, belief| belief.state < IaasState::Terminated || now - belief.since <= REMEMBERED);
        if let Some(rule) = health {
            let since = self.listening_since;
            self.beliefs.values_mut().for_each(|belief| belief.judge(rule, since, now));
        }
    }

    /// Stops it until `until`.
    pub(super) fn stop(&mut self, until: Seconds, lose_store: bool) {
        self.phase = Phase::Down(until);
        self.brain = None;
        if !self.is_durable() || lose_store {
            self.memory = None;
        }
        if lose_store {
            self.beliefs.clear();
            self.stored.clear();
            self.queue = None;
        }
    }

    /// Starts it: the provisioner tells the states of all machines that it knows, or with tags of all.
    pub(super) fn start(&mut self, machines: &Machines<'_>, now: Seconds) {
        self.phase = Phase::Initializing(now.saturating_add(INITIALIZATION));
        self.listening_since = now;
        self.beliefs.values_mut().for_each(|belief| belief.last_heard = None);
        for (number, instance) in machines.all().iter().enumerate() {
            if let Some(belief) = self.belief(number) {
                belief.hear_state(instance.state, instance.since);
            } else if self.is_durable() && instance.state < IaasState::Terminating {
                self.believe(number, instance);
            }
        }
    }

    /// Believes in a machine.
    pub(super) fn believe(&mut self, number: usize, instance: &Instance) {
        let belief = Belief {
            id: MachineId::new(instance.id.as_str()),
            state: instance.state,
            since: instance.since,
            launched: instance.launched,
            slot: instance.slot.clone(),
            health: Health::Unknown,
            last_heard: None,
        };
        self.beliefs.insert(place(number), belief);
    }

    /// Believes in a machine whose launch could not be sent, when `launched` machines were launched before it.
    pub(super) fn believe_in_nothing(&mut self, launched: usize, now: Seconds) {
        let belief = Belief {
            id: MachineId::new(format!("?u{:06}", self.beliefs.len())),
            state: IaasState::Requesting,
            since: now,
            launched: now,
            slot: None,
            health: Health::Unknown,
            last_heard: None,
        };
        self.beliefs.insert((launched, self.beliefs.len()), belief);
    }

    /// Starts the engine with the settings and those stored laid over.
    pub(super) fn initialize(&mut self, now: Seconds) -> Result<(), String> {
        let mut config = self.config.clone();
        config.extend(self.stored.clone());
        match Brain::new(&self.engine, &config, &self.protection) {
            Ok(brain) => {
                let own: Vec<MachineId> = self.beliefs().map(|belief| belief.id.clone()).collect();
                if self.memory.is_none() {
                    self.memory = Some(brain.engine().start(now, &own));
                }
                self.brain = Some(brain);
                self.phase = Phase::Pulsing(now.saturating_add(PULSE_EVERY));
                Ok(())
            }
            Err(error) => {
                self.phase = Phase::Failed;
                Err(error.to_string())
            }
        }
    }

    /// Plans the next pulse.
    pub(super) fn pulsed(&mut self, now: Seconds) {
        self.phase = Phase::Pulsing(now.saturating_add(PULSE_EVERY));
    }

    /// Takes new settings. The original stores them before it looks at them.
    pub(super) fn reconfigure(&mut self, changes: &Map<String, Value>) -> Option<Result<(), String>> {
        let (brain, memory) = (self.brain.as_mut()?, self.memory.as_mut()?);
        let result = brain.reconfigure(changes, memory);
        if result.is_ok() || !self.protection.follow_machines {
            self.stored.extend(changes.clone());
        }
        Some(result.map_err(|error| error.to_string()))
    }
}
