use std::sync::Arc;

use super::iaas_state::IaasState;
use crate::elastic::engine::{Health, HealthRule, Heartbeats, Machine, MachineId, Seconds};

/// A machine as the controller believes it to be.
#[derive(Clone, Debug)]
pub(super) struct Belief {
    pub(super) id: MachineId,
    pub(super) state: IaasState,
    pub(super) since: Seconds,
    pub(super) launched: Seconds,
    pub(super) slot: Option<Arc<str>>,
    pub(super) health: Health,
    pub(super) last_heard: Option<Seconds>,
}

impl Belief {
    /// Takes in a state message; one that is not later is dropped.
    pub(super) fn hear_state(&mut self, state: IaasState, at: Seconds) {
        if state > self.state {
            (self.state, self.since) = (state, at);
        }
    }

    /// Takes in a heartbeat.
    pub(super) fn hear_heartbeat(&mut self, unhealthy: bool, now: Seconds) {
        self.last_heard = Some(now);
        self.health = if unhealthy { Health::ProcessError } else { Health::Ok };
    }

    /// Judges the health of a running machine.
    pub(super) fn judge(&mut self, rule: &HealthRule, listening_since: Seconds, now: Seconds) {
        if self.state == IaasState::Running {
            let beats = Heartbeats { running_since: self.since, last_heard: self.last_heard, health: self.health };
            self.health = rule.judge(&beats, listening_since, now);
        }
    }

    /// Returns the machine in the engines' words.
    pub(super) fn machine(&self) -> Machine {
        Machine {
            id: self.id.clone(),
            kind: None,
            state: self.state.machine_state(),
            launched_at: Some(self.launched),
            state_since: Some(self.since),
            own: true,
            health: if self.state < IaasState::Terminating { self.health } else { Health::Unknown },
            unique: self.slot.clone(),
            ends_at: None,
        }
    }

    /// Returns the words of the recorded observations.
    pub(super) fn words(&self) -> String {
        let health = match self.health {
            Health::Missing => " MISSING",
            Health::ProcessError => " PROCESS_ERROR",
            Health::Zombie => " ZOMBIE",
            Health::Ok | Health::Unknown => "",
        };
        let health = if self.state < IaasState::Terminating { health } else { "" };
        format!("{}{health}", self.state.word())
    }
}
