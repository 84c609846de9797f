//! A daemon of fleets while nothing happens.

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Duration;

use hoist_test_support::process::computed;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::memory::megabytes;

/// Its fleet has one worker and every period by default.
const FLEET: &str = r#"
name = "resting"
[workers]
min = 1
max = 3
[queue]
kind = "command"
program = ["./hosts"]
[cloud]
provider = "local"
[machine]
[engine]
name = "elastiq"
"#;

/// Tells the worker, and that no job waits.
const HOSTS: &str = r#"#!/bin/sh
set -- state/local/instances/*
printf '{"waiting": 0, "hosts": [{"id": "%s", "busy": 1}]}' "${1##*/}"
"#;

/// Time until its worker is launched.
const LAUNCH: Duration = Duration::from_secs(10);

/// Time that is measured: some looks at the queue, at machines and at failed ones.
const MEASURED: Duration = Duration::from_secs(60);

/// What a daemon takes.
pub(super) struct RestingDaemon {
    /// Its memory, in MB.
    pub(super) memory: u64,
    /// Its share of a core, in percent.
    pub(super) percent: f64,
}

impl RestingDaemon {
    /// Runs one in a directory of its own, and ends it and its worker.
    pub(super) fn measure(hoist: &str, directory: &Path) -> Self {
        use std::os::unix::fs::PermissionsExt as _;

        let directory = directory.join("resting");
        fs::create_dir(&directory).expect("a directory can be made");
        fs::write(directory.join("elastic.toml"), FLEET).expect("the fleet file can be written");
        fs::write(directory.join("hosts"), HOSTS).expect("the program can be written");
        fs::set_permissions(directory.join("hosts"), fs::Permissions::from_mode(0o755)).expect("it can be executable");
        let command = |args: &[&str]| {
            let mut command = Command::new(hoist);
            command.args(args).current_dir(&directory).env("HOIST_STATE", directory.join("state/hoist.db"));
            command.stdout(Stdio::null());
            command
        };
        let mut daemon = command(&["elastic", "run"]).spawn().expect("hoist can be run");
        std::thread::sleep(LAUNCH);
        assert!(daemon.try_wait().expect("it can be asked").is_none(), "the daemon runs");
        let before = computed(daemon.id());
        std::thread::sleep(MEASURED);
        let computed = computed(daemon.id()) - before;
        let memory = megabytes(daemon.id(), "VmRSS");
        let pid = i32::try_from(daemon.id()).expect("a process's number fits");
        kill(Pid::from_raw(pid), Signal::SIGTERM).expect("the daemon runs");
        daemon.wait().expect("the daemon ends");
        let ended = command(&["elastic", "stop", "resting", "--now", "--yes"]).status().expect("hoist can be run");
        assert!(ended.success(), "the fleet is ended");
        Self { memory, percent: 100.0 * computed.as_secs_f64() / MEASURED.as_secs_f64() }
    }
}
