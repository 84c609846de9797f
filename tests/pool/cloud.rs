//! The instances of the tests' EC2, which really run.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicU8, Ordering};

use crate::aws::{Compute, NewMachine, Started};
use crate::machine::Machine;

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

/// An address whose ports no other test uses.
fn next_address() -> String {
    static LAST: AtomicU8 = AtomicU8::new(0);
    let [_, _, high, low] = std::process::id().to_be_bytes();
    format!("127.{}.{low}.{}", 64 + high % 64, LAST.fetch_add(1, Ordering::Relaxed) + 1)
}

impl Compute for Machines {
    fn start(&self, machine: NewMachine) -> Result<Started, String> {
        let address = next_address();
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
