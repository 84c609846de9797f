//! The command line, with a home, a state file and plans of its own, for hosts that are there anyway.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::PathBuf;

use crate::ssh::lab::{Lab, until};
use hoist_test_support::call::Call;
use hoist_test_support::machine::Machine;
use hoist_test_support::ran::Ran;

/// A directory from which hoist is run.
pub(crate) struct Desk {
    pub(crate) lab: Lab,
}

impl Desk {
    /// None where machines cannot be started, which is said.
    pub(crate) fn new() -> Option<Self> {
        let desk = Self { lab: Lab::new()? };
        fs::create_dir_all(desk.path("home/.ssh")).unwrap();
        desk.config("");
        desk.program("true.sh", "exit 0");
        desk.program("who.sh", "id -un; echo \"ssh ${SSH_CONNECTION:-none}\"");
        Some(desk)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.lab.directory.path().join(name)
    }

    pub(crate) fn file(&self, name: &str, content: &str) {
        fs::write(self.path(name), content).unwrap();
    }

    /// Writes `~/.ssh/config`. ssh itself takes the home directory from the accounts, so that files are named in full.
    pub(crate) fn config(&self, text: &str) {
        let known = self.path("home/.ssh/known_hosts");
        self.file("home/.ssh/config", &format!("{text}Host *\n  UserKnownHostsFile {}\n", known.display()));
    }

    pub(crate) fn program(&self, name: &str, script: &str) {
        self.file(name, &format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
    }

    /// Runs hoist, its words separated by spaces.
    pub(crate) fn hoist(&self, words: &str) -> Ran {
        self.said(Call::hoist(self.lab.directory.path()).words(words))
    }

    /// Runs a line in a shell, as a person who follows advice does.
    pub(crate) fn shell(&self, line: &str) -> Ran {
        self.said(Call::new(self.lab.directory.path(), &["sh".into(), "-c".into(), line.into()]))
    }

    fn said(&self, call: Call) -> Ran {
        call.env("HOME", self.path("home")).env("HOIST_STATE", self.path("state/hoist.db")).env("NO_COLOR", "1").run()
    }

    /// A machine that listens.
    pub(crate) async fn machine(&self, address: &str, port: u16) -> Machine {
        self.machine_with("", address, port).await
    }

    /// The same, with user data.
    pub(crate) async fn machine_with(&self, user_data: &str, address: &str, port: u16) -> Machine {
        let machine = self.lab.start_at("i-1", user_data, address, port, hoist_test_support::machine::CloudInit::Fast);
        until("the machine listens", || machine.console().contains("Server listening")).await;
        machine
    }

    /// Puts the host's key into `~/.ssh/known_hosts`.
    pub(crate) fn know(&self, name: &str, machine: &Machine) {
        let key = fs::read_to_string(machine.file("/etc/ssh/ssh_host_ed25519_key.pub")).unwrap();
        let file = self.path("home/.ssh/known_hosts");
        fs::write(&file, fs::read_to_string(&file).unwrap_or_default() + &format!("{name} {key}")).unwrap();
    }

    /// `ssh = { … }` of a plan for this machine.
    pub(crate) fn ssh(&self, user: &str, port: u16) -> String {
        let key = self.lab.key();
        format!("ssh = {{ user = \"{user}\", port = {port}, key = \"{}\", host_key = \"accept-new\" }}", key.display())
    }
}

/// The advice after the first `try:` of what a command said.
#[track_caller]
pub(crate) fn advice(said: &Ran) -> String {
    let both = format!("{}\n{}", said.raw_stderr, said.raw_stdout);
    let line = both.lines().find_map(|line| line.split_once("try: ")).unwrap_or_else(|| panic!("{said}"));
    line.1.to_owned()
}
