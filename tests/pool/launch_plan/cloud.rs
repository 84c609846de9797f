//! The instances of the tests' EC2, which really run.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;

use crate::launch_plan::machine::Machine;
use hoist_test_support::aws::{Compute, NewMachine, Started};
use hoist_test_support::loopback::next_address;

/// Starts a machine for each instance.
pub(crate) struct Machines {
    debian: &'static Path,
    running: Mutex<BTreeMap<String, Machine>>,
}

impl Machines {
    pub(crate) fn new(debian: &'static Path) -> Self {
        Self { debian, running: Mutex::default() }
    }

    /// Looks at a machine that runs.
    pub(crate) fn with<T>(&self, id: &str, look: impl FnOnce(&Machine) -> T) -> T {
        let running = self.running.lock().unwrap();
        look(running.get(id).unwrap_or_else(|| panic!("there is no machine {id}")))
    }

    /// The ids of all that run.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.running.lock().unwrap().keys().cloned().collect()
    }
}

impl Compute for Machines {
    fn start(&self, machine: NewMachine) -> Result<Started, String> {
        let address = next_address().to_string();
        let key = machine.public_key.unwrap_or_default();
        let started = Machine::start(self.debian, &address, machine.user_data, &key);
        self.running.lock().unwrap().insert(machine.id, started);
        Ok(Started { address })
    }

    fn stop(&self, id: &str) {
        let stopped = self.running.lock().unwrap().remove(id);
        drop(stopped);
    }

    fn console(&self, id: &str) -> String {
        self.running.lock().unwrap().get(id).map(Machine::console).unwrap_or_default()
    }
}
