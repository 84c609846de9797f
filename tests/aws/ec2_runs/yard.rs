//! Where the machines of a test stand.

use std::collections::BTreeMap;
use std::sync::Mutex;

use hoist_test_support::aws::{Compute, NewMachine, Started};
use hoist_test_support::loopback::next_address;
use hoist_test_support::machine::{CloudInit, Machine, MachineOptions};

/// The port on which all of them listen.
pub(crate) const PORT: u16 = 2722;

/// The machines of one cloud, by instance id.
pub(crate) struct Yard {
    cloud_init: CloudInit,
    machines: Mutex<BTreeMap<String, Machine>>,
    /// What was given to each, also to those that are gone.
    user_data: Mutex<BTreeMap<String, Vec<u8>>>,
    consoles: Mutex<BTreeMap<String, String>>,
}

impl Yard {
    pub(crate) fn new(cloud_init: CloudInit) -> Self {
        Self { cloud_init, machines: Mutex::default(), user_data: Mutex::default(), consoles: Mutex::default() }
    }

    /// The ids of the machines that stand.
    pub(crate) fn ids(&self) -> Vec<String> {
        self.machines.lock().unwrap().keys().cloned().collect()
    }

    /// What the machines were given.
    pub(crate) fn user_data(&self) -> Vec<Vec<u8>> {
        self.user_data.lock().unwrap().values().cloned().collect()
    }

    /// Asks something of a machine.
    pub(crate) fn with<T>(&self, id: &str, ask: impl FnOnce(&Machine) -> T) -> T {
        ask(&self.machines.lock().unwrap()[id])
    }

    /// Stops a machine and starts it again, which gives it the address that is returned.
    pub(crate) fn restart(&self, id: &str) -> String {
        let address = next_address().to_string();
        self.machines.lock().unwrap().get_mut(id).unwrap().restart_at(&address);
        address
    }

    /// Puts another machine in this one's place, which has its address and knows nothing of it.
    pub(crate) fn replace(&self, id: &str, authorized_key: &str) {
        let old = self.machines.lock().unwrap().remove(id).unwrap();
        let (address, port) = (old.address().to_owned(), old.port());
        old.stop();
        let new = Machine::start(MachineOptions {
            id: format!("{id}-replaced"),
            address,
            port,
            user_data: Vec::new(),
            authorized_key: Some(authorized_key.to_owned()),
            cloud_init: CloudInit::Fast,
        });
        self.machines.lock().unwrap().insert(id.to_owned(), new);
    }
}

impl Compute for Yard {
    fn start(&self, machine: NewMachine) -> Result<Started, String> {
        let address = next_address().to_string();
        self.user_data.lock().unwrap().insert(machine.id.clone(), machine.user_data.clone());
        let started = Machine::start(MachineOptions {
            id: machine.id.clone(),
            address: address.clone(),
            port: PORT,
            user_data: machine.user_data,
            authorized_key: machine.public_key,
            cloud_init: self.cloud_init,
        });
        self.machines.lock().unwrap().insert(machine.id, started);
        Ok(Started { address })
    }

    fn stop(&self, id: &str) {
        let machine = self.machines.lock().unwrap().remove(id);
        if let Some(machine) = machine {
            self.consoles.lock().unwrap().insert(id.to_owned(), machine.console());
            machine.stop();
        }
    }

    fn console(&self, id: &str) -> String {
        let gone = || self.consoles.lock().unwrap().get(id).cloned();
        let standing = self.machines.lock().unwrap().get(id).map(Machine::console);
        standing.or_else(gone).unwrap_or_default()
    }
}
