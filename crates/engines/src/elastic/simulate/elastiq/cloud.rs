use std::collections::BTreeSet;

use crate::elastic::engine::{Health, Machine, MachineId, MachineState, Seconds};

/// Numbers of machines by state.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Census {
    pub(super) pending: i64,
    pub(super) running: i64,
    pub(super) error: i64,
}

impl Census {
    /// Returns the number of live machines.
    pub(super) fn live(self) -> i64 {
        self.pending + self.running + self.error
    }
}

/// The machines of the cloud account.
#[derive(Debug, Default)]
pub(super) struct Account {
    existing: usize,
    launched: usize,
    /// The machines that the cloud describes, in launch order, and their numbers.
    described: Vec<Machine>,
    numbers: Vec<usize>,
    /// Numbers of the machines of the state file.
    owned: BTreeSet<usize>,
    pub(super) census: Census,
}

impl Account {
    /// Adds a machine that is there at the start, and returns its number.
    pub(super) fn exist(&mut self, state: MachineState, owned: bool) -> usize {
        self.existing += 1;
        let id = format!("e{}", self.existing);
        self.add(&id, state, owned, 0)
    }

    /// Launches a machine, and returns its number.
    pub(super) fn launch(&mut self, now: Seconds) -> usize {
        self.launched += 1;
        let id = format!("m{}", self.launched);
        self.add(&id, MachineState::Pending, true, now)
    }

    fn add(&mut self, id: &str, state: MachineState, own: bool, now: Seconds) -> usize {
        let number = self.existing + self.launched - 1;
        if own {
            self.owned.insert(number);
        }
        self.numbers.push(number);
        self.described.push(Machine {
            id: MachineId::new(id),
            kind: None,
            state,
            launched_at: Some(now),
            state_since: Some(now),
            own,
            health: Health::Unknown,
            unique: None,
            ends_at: None,
        });
        *self.counter(state) += 1;
        number
    }

    fn counter(&mut self, state: MachineState) -> &mut i64 {
        match state {
            MachineState::Running => &mut self.census.running,
            MachineState::Error => &mut self.census.error,
            _ => &mut self.census.pending,
        }
    }

    /// Returns the ordinal of the next launch, the first being 1.
    pub(super) fn next_ordinal(&self) -> usize {
        self.launched + 1
    }

    /// Returns the machines that the cloud describes.
    pub(super) fn described(&self) -> &[Machine] {
        &self.described
    }

    /// Returns the machine of a number, if the cloud describes it.
    pub(super) fn machine(&self, number: usize) -> Option<&Machine> {
        self.described.get(self.numbers.binary_search(&number).ok()?)
    }

    /// Returns the number of a machine that the cloud describes.
    pub(super) fn number(&self, id: &MachineId) -> Option<usize> {
        let position = self.described.iter().position(|machine| machine.id == *id)?;
        self.numbers.get(position).copied()
    }

    /// Returns the numbers of the machines that the cloud describes, with them.
    pub(super) fn numbered(&self) -> impl DoubleEndedIterator<Item = (usize, &Machine)> {
        self.numbers.iter().copied().zip(&self.described)
    }

    /// Changes the state of a machine. Returns its former state; none if it is unchanged or not described.
    pub(super) fn set_state(&mut self, number: usize, state: MachineState, now: Seconds) -> Option<MachineState> {
        let position = self.numbers.binary_search(&number).ok()?;
        let machine = self.described.get_mut(position)?;
        let before = machine.state;
        if before == state {
            return None;
        }
        machine.state = state;
        machine.state_since = Some(now);
        if before.is_live() {
            *self.counter(before) -= 1;
        }
        if state.is_live() {
            *self.counter(state) += 1;
        }
        Some(before)
    }

    /// Takes a machine out of what the cloud describes; the state file drops it at the daemon's next look.
    pub(super) fn vanish(&mut self, number: usize) {
        if let Ok(position) = self.numbers.binary_search(&number) {
            self.numbers.remove(position);
            self.described.remove(position);
        }
        self.owned.remove(&number);
    }

    /// Takes a machine out of the state file.
    pub(super) fn disown(&mut self, number: usize) {
        self.owned.remove(&number);
    }

    /// Empties the state file. Machines then are nobody's.
    pub(super) fn lose_state(&mut self) {
        self.owned.clear();
        self.described.iter_mut().for_each(|machine| machine.own = false);
    }

    /// Returns the machines of the state file.
    pub(super) fn owned(&self) -> Vec<MachineId> {
        self.owned.iter().filter_map(|number| self.machine(*number)).map(|machine| machine.id.clone()).collect()
    }
}
