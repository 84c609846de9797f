use serde::{Deserialize, Serialize};

use super::super::machine::MachineId;
use super::machine_clock::MachineClock;

/// The clocks of the fleet's machines in the order in which they were first seen, which is the cloud's as a rule.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub(super) struct Clocks(Vec<(MachineId, MachineClock)>);

impl Clocks {
    /// Returns the clock of a machine.
    pub(super) fn get_mut(&mut self, machine: &MachineId) -> Option<&mut MachineClock> {
        self.0.iter_mut().rev().find(|(id, _)| id == machine).map(|(_, clock)| clock)
    }

    /// Returns their number.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Adds a machine that is not among them.
    pub(super) fn push(&mut self, machine: MachineId, clock: MachineClock) {
        self.0.push((machine, clock));
    }

    /// Returns all clocks.
    pub(super) fn iter(&self) -> impl Iterator<Item = &(MachineId, MachineClock)> {
        self.0.iter()
    }

    /// Keeps the clocks for which a function returns true.
    pub(super) fn retain(&mut self, mut keeps: impl FnMut(&MachineId, &mut MachineClock) -> bool) {
        self.0.retain_mut(|(id, clock)| keeps(id, clock));
    }
}
