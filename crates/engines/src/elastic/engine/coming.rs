use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::machine::MachineId;
use super::seconds::Seconds;

/// The launched machines that count as supply before they are in the pool.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Coming {
    /// Each with its launch time.
    machines: BTreeMap<MachineId, Seconds>,
}

impl Coming {
    /// Returns their number.
    pub fn count(&self) -> i64 {
        i64::try_from(self.machines.len()).unwrap_or(i64::MAX)
    }

    /// Tells whether a machine is among them.
    pub fn contains(&self, machine: &MachineId) -> bool {
        self.machines.contains_key(machine)
    }

    /// Adds a machine with its launch time.
    pub fn insert(&mut self, machine: MachineId, launched: Seconds) {
        self.machines.insert(machine, launched);
    }

    /// Takes a machine out and returns its launch time, if it was there.
    pub fn remove(&mut self, machine: &MachineId) -> Option<Seconds> {
        self.machines.remove(machine)
    }

    /// Returns the machines with their launch times.
    pub fn iter(&self) -> impl Iterator<Item = (&MachineId, Seconds)> {
        self.machines.iter().map(|(machine, launched)| (machine, *launched))
    }
}
