//! The program itself, with a home and a state file of its own, on a machine that is there anyway.

use std::path::{Path, PathBuf};

use crate::ssh::lab::{Lab, until};
use hoist_test_support::call::Call;
use hoist_test_support::machine::Machine;
use hoist_test_support::process::kilobytes;
use hoist_test_support::ran::Ran;

/// The program, its user's home and its plans.
pub(crate) struct Hoist<'a> {
    lab: &'a Lab,
    machine: &'a Machine,
    pub(crate) environment: Vec<(&'static str, String)>,
}

impl<'a> Hoist<'a> {
    /// Once the machine listens.
    pub(crate) async fn new(lab: &'a Lab, machine: &'a Machine) -> Self {
        until("the machine listens", || machine.console().contains("Server listening")).await;
        let hoist = Self { lab, machine, environment: Vec::new() };
        std::fs::create_dir_all(hoist.home().join(".ssh")).unwrap();
        hoist
    }

    pub(crate) fn home(&self) -> PathBuf {
        self.lab.directory.path().join("home")
    }

    /// A file beside the plans.
    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.lab.directory.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// How a native plan reaches the machine: the value of `ssh`, with more of it.
    pub(crate) fn ssh(&self, user: &str, more: &str) -> String {
        format!(
            "ssh = {{ user = \"{user}\", port = {}, key = \"{}\", host_key = \"accept-new\"{more} }}\naddress = \"{}\"\n",
            self.machine.port(),
            self.lab.key().display(),
            self.machine.address(),
        )
    }

    /// Makes the user's own settings reach the machine, for plans in cloudinit.d's notation.
    pub(crate) fn configure(&self, more: &str) {
        let key = std::fs::read_to_string(self.machine.file("/etc/ssh/ssh_host_ed25519_key.pub")).unwrap();
        let (address, port) = (self.machine.address(), self.machine.port());
        std::fs::write(self.home().join(".ssh/known_hosts"), format!("[{address}]:{port} {key}")).unwrap();
        let config = format!(
            "Host {address}\n  Port {port}\n  UserKnownHostsFile {}\n  {more}\n",
            self.home().join(".ssh/known_hosts").display()
        );
        std::fs::write(self.home().join(".ssh/config"), config).unwrap();
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        self.call(arguments).run()
    }

    /// Runs it, which must end well; the most memory that it had, in KiB.
    pub(crate) fn peak(&self, arguments: &[&str]) -> u64 {
        let mut process = self.call(arguments).spawn();
        let mut most = 0;
        let ran = loop {
            most = kilobytes(process.id(), "VmHWM").unwrap_or(most);
            if process.is_over() {
                break process.wait();
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        };
        assert!(ran.code == Some(0), "{ran}\n{}", self.machine.console());
        most
    }

    fn call(&self, arguments: &[&str]) -> Call {
        let call = Call::hoist(self.lab.directory.path())
            .args(["--yes", "--color", "never"])
            .args(arguments)
            .env("HOME", self.home())
            .env("HOIST_STATE", self.lab.directory.path().join("state/hoist.db"));
        self.environment.iter().fold(call, |call, (name, value)| call.env(name, value))
    }

    /// Runs it, which must end with this code; what it said.
    pub(crate) fn ends(&self, code: i32, arguments: &[&str]) -> String {
        let ran = self.run(arguments);
        let said = ran.all();
        assert_eq!(ran.code, Some(code), "{arguments:?}: {said}\n{}", self.machine.console());
        said
    }

    pub(crate) fn well(&self, arguments: &[&str]) -> String {
        self.ends(0, arguments)
    }

    /// What a program wrote on the machine.
    pub(crate) fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.machine.file(path)).unwrap_or_default()
    }
}

/// The entries of a directory of the machine.
pub(crate) fn entries(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}
