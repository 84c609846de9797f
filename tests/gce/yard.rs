//! Where the machines of a test stand.

use std::collections::BTreeMap;
use std::fs;
use std::sync::{Arc, Mutex, OnceLock, Weak};

use hoist_test_support::google::{Faults, GoogleServer, Life, Machine as Instance, Place};
use hoist_test_support::machine::{CloudInit, Machine, MachineOptions};

/// The port on which all of them listen.
pub(crate) const PORT: u16 = 2722;

/// A server, and the machines of its instances.
pub(crate) struct Yard {
    server: OnceLock<Weak<GoogleServer>>,
    machines: Mutex<BTreeMap<Place, Machine>>,
}

impl Yard {
    /// Starts a server whose instances really compute. `None` where Google's description cannot be had.
    pub(crate) fn start(faults: Faults) -> Option<(Arc<GoogleServer>, Arc<Self>)> {
        let yard = Arc::new(Self { server: OnceLock::new(), machines: Mutex::default() });
        let mut server = GoogleServer::start(faults.on_loopback())?;
        let listening = Arc::clone(&yard);
        server.on_life(move |life| match life {
            Life::Begins(instance) => listening.begin(instance),
            Life::Ends(place) => drop(listening.machines.lock().unwrap().remove(place)),
        });
        let server = Arc::new(server);
        let _ = yard.server.set(Arc::downgrade(&server));
        Some((server, yard))
    }

    /// How many machines stand.
    pub(crate) fn count(&self) -> usize {
        self.machines.lock().unwrap().len()
    }

    /// Asks something of each machine.
    pub(crate) fn each<T>(&self, ask: impl Fn(&Machine) -> T) -> Vec<T> {
        self.machines.lock().unwrap().values().map(ask).collect()
    }

    fn begin(&self, instance: &Instance) {
        let given = |key: &str| instance.metadata.get(key);
        // As Google's agent runs it, or cloud-init.
        let user_data = given("startup-script").or(given("user-data")).cloned().unwrap_or_default().into_bytes();
        let key = given("ssh-keys").and_then(|keys| Some(keys.lines().next()?.split_once(':')?.1.to_owned()));
        let machine = Machine::start(MachineOptions {
            id: instance.place.name.clone(),
            address: instance.address.clone().expect("all are on loopback"),
            port: PORT,
            user_data,
            authorized_key: key,
            cloud_init: CloudInit::Fast,
        });
        let public = fs::read_to_string(machine.file("/etc/ssh/ssh_host_ed25519_key.pub")).unwrap();
        let mut words = public.split_whitespace();
        if let (Some(server), Some(kind), Some(key)) =
            (self.server.get().and_then(Weak::upgrade), words.next(), words.next())
        {
            server.set_guest_attribute(&instance.place, "hostkeys", kind, key);
        }
        self.machines.lock().unwrap().insert(instance.place.clone(), machine);
    }
}
