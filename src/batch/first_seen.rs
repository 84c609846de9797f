use std::collections::{HashMap, HashSet};
use std::sync::{Mutex, PoisonError};

use crate::elastic::engine::{MachineId, Seconds};

/// The times at which machines were first seen, for pools that do not tell when one joined.
#[derive(Debug, Default)]
pub(super) struct FirstSeen(Mutex<HashMap<MachineId, Seconds>>);

impl FirstSeen {
    /// Takes in all machines of a pool as of `now`, and forgets those that left it. Returns the time of each.
    pub(super) fn of(&self, machines: &[MachineId], now: Seconds) -> Vec<Seconds> {
        let mut seen = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let present: HashSet<&MachineId> = machines.iter().collect();
        seen.retain(|machine, _| present.contains(machine));
        machines.iter().map(|machine| *seen.entry(machine.clone()).or_insert(now)).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_machine_that_left_and_came_back_is_new() {
        let seen = FirstSeen::default();
        let [a, b] = ["a", "b"].map(MachineId::new);
        assert_eq!(seen.of(&[a.clone(), b.clone()], 10), [10, 10]);
        assert_eq!(seen.of(std::slice::from_ref(&b), 20), [10]);
        assert_eq!(seen.of(&[a, b], 30), [30, 10]);
    }
}
