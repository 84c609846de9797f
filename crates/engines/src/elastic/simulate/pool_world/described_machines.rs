use std::sync::Arc;

use crate::elastic::engine::{Health, Machine, MachineId, MachineState, Seconds};

/// The machines that the cloud shows, in order of launch.
#[derive(Debug, Default)]
pub(super) struct DescribedMachines {
    machines: Vec<Machine>,
    numbers: Vec<usize>,
}

impl DescribedMachines {
    /// Adds the machine of the highest number.
    pub(super) fn add(
        &mut self,
        number: usize,
        id: MachineId,
        kind: &Arc<str>,
        ends_at: Option<Seconds>,
        now: Seconds,
    ) {
        self.numbers.push(number);
        self.machines.push(Machine {
            id,
            kind: Some(Arc::clone(kind)),
            state: MachineState::Pending,
            launched_at: Some(now),
            state_since: Some(now),
            own: true,
            health: Health::Unknown,
            unique: None,
            ends_at,
        });
    }

    /// Changes the state of a machine.
    pub(super) fn set_state(&mut self, number: usize, state: MachineState, now: Seconds) {
        let position = self.numbers.binary_search(&number).ok();
        if let Some(machine) = position.and_then(|position| self.machines.get_mut(position)) {
            machine.state = state;
            machine.state_since = Some(now);
        }
    }

    /// Takes a machine out.
    pub(super) fn vanish(&mut self, number: usize) {
        if let Ok(position) = self.numbers.binary_search(&number) {
            self.numbers.remove(position);
            self.machines.remove(position);
        }
    }

    /// Returns the machines.
    pub(super) fn machines(&self) -> &[Machine] {
        &self.machines
    }
}
