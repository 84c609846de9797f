use serde_json::{Map, Value};

use super::belief::Belief;
use super::brain::Brain;
use super::iaas_state::IaasState;
use super::machines::{Instance, Machines};
use crate::elastic::engine::{MachineId, Memory, Protection, Seconds};

/// Time from the start of a controller to its engine's start, in seconds.
const INITIALIZATION: Seconds = 1;
/// Time between two pulses, in seconds.
const PULSE_EVERY: Seconds = 5;

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
    pub(super) beliefs: Vec<Belief>,
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
            beliefs: Vec::new(),
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
        self.beliefs.iter_mut().rev().find(|belief| belief.number == Some(number))
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
        for belief in &mut self.beliefs {
            belief.last_heard = None;
        }
        for (number, instance) in machines.all().iter().enumerate() {
            if let Some(belief) = self.belief(number) {
                belief.hear_state(instance.state, instance.since);
            } else if self.is_durable() && instance.state < IaasState::Terminating {
                self.believe(Some(number), instance);
            }
        }
    }

    /// Believes in a machine.
    pub(super) fn believe(&mut self, number: Option<usize>, instance: &Instance) {
        self.beliefs.push(Belief {
            id: MachineId::new(instance.id.as_str()),
            number,
            state: instance.state,
            since: instance.since,
            launched: instance.launched,
            slot: instance.slot.clone(),
            health: crate::elastic::engine::Health::Unknown,
            last_heard: None,
        });
    }

    /// Starts the engine with the settings and those stored laid over.
    pub(super) fn initialize(&mut self, now: Seconds) -> Result<(), String> {
        let mut config = self.config.clone();
        config.extend(self.stored.clone());
        match Brain::new(&self.engine, &config, &self.protection) {
            Ok(brain) => {
                let own: Vec<MachineId> = self.beliefs.iter().map(|belief| belief.id.clone()).collect();
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
