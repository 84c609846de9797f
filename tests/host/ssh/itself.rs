//! The program itself, with a home and a state file of its own, on a machine that is there anyway.

use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use crate::ssh::lab::{Lab, until};
use hoist_test_support::machine::Machine;

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

    pub(crate) fn run(&self, arguments: &[&str]) -> Output {
        self.command(arguments).output().unwrap()
    }

    /// Runs it, which must end well; the most memory that it had, in KiB.
    pub(crate) fn peak(&self, arguments: &[&str]) -> u64 {
        let mut process = self.command(arguments).spawn().unwrap();
        let mut most = 0;
        let status = loop {
            let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap_or_default();
            let peak =
                status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
            most = peak.unwrap_or(most);
            if let Some(status) = process.try_wait().unwrap() {
                break status;
            }
            std::thread::sleep(std::time::Duration::from_millis(5));
        };
        assert!(status.success(), "{}", self.machine.console());
        most
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(hoist_test_support::place::hoist());
        command
            .args(["--yes", "--color", "never"])
            .args(arguments)
            .current_dir(self.lab.directory.path())
            .env("HOME", self.home())
            .env("HOIST_STATE", self.lab.directory.path().join("state/hoist.db"))
            .env_remove("SSH_AUTH_SOCK")
            .env_remove("REMOTE_WORKING_DIR_ENV")
            .envs(self.environment.iter().map(|(name, value)| (*name, value)));
        command
    }

    /// Runs it, which must end with this code; what it said.
    pub(crate) fn ends(&self, code: i32, arguments: &[&str]) -> String {
        let output = self.run(arguments);
        let said = text(&output);
        assert_eq!(output.status.code(), Some(code), "{arguments:?}: {said}\n{}", self.machine.console());
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

pub(crate) fn text(output: &Output) -> String {
    String::from_utf8_lossy(&output.stdout).into_owned() + &String::from_utf8_lossy(&output.stderr)
}

/// The entries of a directory of the machine.
pub(crate) fn entries(path: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(path).into_iter().flatten().flatten();
    let mut names: Vec<String> = entries.map(|entry| entry.file_name().to_string_lossy().into_owned()).collect();
    names.sort_unstable();
    names
}
