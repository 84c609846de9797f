//! A place to serve fleets in: a directory of its own with fleet files, a pool, state, and nothing left when it goes.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use hoist_test_support::call::Call;
use hoist_test_support::eventually::eventually;
use hoist_test_support::place;
use hoist_test_support::running::Running;
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

/// Settings of a fleet that decides each second: elastiq's rules, on a pool of all instances.
pub(crate) const FLEET: &str = r#"
name = "crunch"
[workers]
min = 1
max = 3
idle = "2s"
waiting_time = "0s"
deploy_time = "5m"
[queue]
kind = "command"
program = ["./pool"]
[cloud]
provider = "local"
[machine]
[engine]
name = "elastiq"
queue_every = "1s"
machines_every = "1s"
errors_every = "1s"
"#;

/// Tells of the jobs that wait, by the file `waiting`, and of every instance as a host; the file `busy` has the number of
/// jobs that run on each. Without the file `waiting` it fails.
const POOL: &str = r#"#!/bin/sh
cd "$(dirname "$0")" || exit 1
[ -e waiting ] || { echo "no queue here" >&2; exit 1; }
hosts=
for instance in state/local/instances/*/; do
    [ -d "$instance" ] || continue
    hosts="$hosts${hosts:+, }{\"id\": \"$(basename "$instance")\", \"busy\": $(cat busy), \"slots\": 1}"
done
echo "{\"waiting\": $(cat waiting), \"hosts\": [$hosts]}"
"#;

/// A directory, a state file and an environment that no other test shares.
///
/// Dropping it ends every process in it.
pub(crate) struct Station {
    directory: tempfile::TempDir,
    root: PathBuf,
}

impl Station {
    /// A station with the fleet file `elastic.toml` and its pool, in which no job waits.
    pub(crate) fn new(fleet: &str) -> Self {
        let directory = tempfile::Builder::new().prefix("hoist-daemon-").tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        fs::create_dir(root.join("home")).unwrap();
        let station = Self { directory, root };
        station.file("elastic.toml", fleet).file("waiting", "0").file("busy", "0").file("pool", POOL);
        fs::set_permissions(station.path("pool"), fs::Permissions::from_mode(0o755)).unwrap();
        station
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    /// Writes a file as a whole: who reads it meanwhile sees the old one or the new one.
    pub(crate) fn file(&self, name: &str, content: &str) -> &Self {
        let new = self.path(&format!("{name}.new"));
        fs::write(&new, content).unwrap();
        fs::rename(new, self.path(name)).unwrap();
        self
    }

    pub(crate) fn hoist(&self, words: &str) -> Call {
        Call::new(&self.root, &[place::hoist().into()])
            .env("HOME", self.path("home"))
            .env("HOIST_STATE", self.path("state/hoist.db"))
            .words(words)
    }

    /// Starts a daemon, which serves when this returns.
    #[track_caller]
    pub(crate) fn start(&self) -> Running {
        self.start_with("")
    }

    #[track_caller]
    pub(crate) fn start_with(&self, words: &str) -> Running {
        let mut daemon = self.hoist(&format!("elastic run {words}")).spawn();
        eventually("the fleet is served", || {
            assert!(!daemon.is_over(), "it has ended: {}{}", daemon.stdout(), daemon.stderr());
            (daemon.stderr().contains(" served on ") || daemon.stdout().contains("\"started\"")).then_some(())
        });
        daemon
    }

    /// The ids of the instances that there are.
    pub(crate) fn instances(&self) -> Vec<String> {
        let entries = fs::read_dir(self.path("state/local/instances"));
        let names = entries.into_iter().flatten().map(|entry| entry.unwrap().file_name().into_string().unwrap());
        names.collect()
    }

    /// Waits until there are so many instances.
    #[track_caller]
    pub(crate) fn await_instances(&self, number: usize) -> Vec<String> {
        eventually(&format!("there are {number} instances"), || {
            Some(self.instances()).filter(|instances| instances.len() == number)
        })
    }
}

impl Drop for Station {
    fn drop(&mut self) {
        // Inits of instances have their directory in their environment; those that end are followed by nothing.
        for (process, _) in processes(&self.root) {
            let _ = kill(Pid::from_raw(process), Signal::SIGKILL);
        }
        let _ = &self.directory;
    }
}

/// Processes that have `root` in their environment, with their command lines.
pub(crate) fn processes(root: &Path) -> Vec<(i32, String)> {
    let root = root.as_os_str().as_encoded_bytes();
    let mut found = Vec::new();
    for entry in fs::read_dir("/proc").unwrap().flatten() {
        let Some(process) = entry.file_name().to_str().and_then(|name| name.parse().ok()) else { continue };
        let Ok(environment) = fs::read(entry.path().join("environ")) else { continue };
        if environment.windows(root.len()).any(|window| window == root) {
            let command = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            found.push((process, String::from_utf8_lossy(&command).replace('\0', " ")));
        }
    }
    found
}

/// Waits until a daemon has written this to standard error.
#[track_caller]
pub(crate) fn await_log(daemon: &Running, text: &str) {
    let told = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        eventually(&format!("the daemon says {text:?}"), || daemon.stderr().contains(text).then_some(()));
    }));
    assert!(told.is_ok(), "{}", daemon.stderr());
}
