//! A place to run hoist in: a directory of its own with plans, programs and state, and nothing left when it goes.

use std::ffi::OsString;
use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::{Path, PathBuf};

use crate::traces;
use hoist_test_support::call::Call;
use hoist_test_support::tree;

pub(crate) use hoist_test_support::eventually::eventually;

/// A directory, a state file and an environment that no other test shares.
///
/// Dropping it terminates every run in it, and fails the test when anything is left then.
pub(crate) struct Lab {
    directory: tempfile::TempDir,
    /// The directory without links in its path.
    root: PathBuf,
    /// What every command line begins with.
    pub(crate) binary: Vec<OsString>,
}

impl Lab {
    pub(crate) fn new() -> Self {
        let directory = tempfile::Builder::new().prefix("hoist-cli-").tempdir().unwrap();
        let root = directory.path().canonicalize().unwrap();
        fs::create_dir(root.join("home")).unwrap();
        Self { directory, root, binary: vec![hoist_test_support::place::hoist().into()] }
    }

    /// A lab with `demo.toml` and a program that succeeds, `true.sh`.
    pub(crate) fn with_plan(plan: &str) -> Self {
        let lab = Self::new();
        lab.file("demo.toml", plan);
        lab.program("true.sh", "exit 0");
        lab
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.root.join(name)
    }

    pub(crate) fn state(&self) -> PathBuf {
        self.path("state/hoist.db")
    }

    pub(crate) fn file(&self, name: &str, content: impl AsRef<[u8]>) -> &Self {
        let path = self.path(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, content).unwrap();
        self
    }

    /// A shell script.
    pub(crate) fn program(&self, name: &str, script: &str) -> &Self {
        self.file(name, format!("#!/bin/sh\n{script}\n"));
        fs::set_permissions(self.path(name), fs::Permissions::from_mode(0o755)).unwrap();
        self
    }

    /// A shell script that runs `script` once somebody [opens its gate](Self::await_gate).
    pub(crate) fn gated_program(&self, name: &str, script: &str) -> &Self {
        self.program(name, &format!("rm -f gate; mkfifo gate; read go < gate\n{script}"))
    }

    /// A hoist command, its words separated by spaces.
    pub(crate) fn hoist(&self, words: &str) -> Call {
        self.call(&self.binary).words(words)
    }

    /// A hoist command, with what a shell does before it in the same process.
    pub(crate) fn hoist_after(&self, shell: &str, words: &str) -> Call {
        let script = format!("{shell}; exec \"$@\"");
        let mut program: Vec<OsString> = vec!["sh".into(), "-c".into(), script.into(), "sh".into()];
        program.extend(self.binary.iter().cloned());
        self.call(&program).words(words)
    }

    /// A shell script, in which `$HOIST` is hoist.
    pub(crate) fn shell(&self, script: &str) -> Call {
        let binary = self.binary.last().unwrap().clone();
        self.call(&["sh".into(), "-c".into(), script.into()]).env("HOIST", binary)
    }

    fn call(&self, program: &[OsString]) -> Call {
        Call::new(&self.root, program).env("HOME", self.path("home")).env("HOIST_STATE", self.state())
    }

    /// Waits until a gated program of `service` waits at its gate.
    pub(crate) fn await_gate(&self, service: &str) -> Gate {
        eventually(&format!("a program of {service} waits at its gate"), || self.try_gate(service))
    }

    fn try_gate(&self, service: &str) -> Option<Gate> {
        let ending = Path::new(service).join("gate");
        // Opening a pipe to write without blocking succeeds once somebody reads it.
        let open = |path: PathBuf| {
            fs::OpenOptions::new().write(true).custom_flags(nix::libc::O_NONBLOCK).open(path).ok().map(Gate)
        };
        tree::files(&self.path("state")).into_iter().filter(|path| path.ends_with(&ending)).find_map(open)
    }

    /// A file that a program of `service` wrote in its stage directory, once it is there.
    pub(crate) fn staged(&self, service: &str, name: &str) -> PathBuf {
        let ending = Path::new(service).join(name);
        eventually(&format!("there is a file {}", ending.display()), || {
            tree::files(&self.path("state")).into_iter().find(|path| path.ends_with(&ending))
        })
    }

    /// What `plan show RUN` tells of a service.
    pub(crate) fn service(&self, run: &str, service: &str) -> serde_json::Value {
        let shown = self.hoist(&format!("plan show {run} -o json")).exit(0).json();
        let levels = shown["levels"].as_array().unwrap().iter();
        let mut services = levels.flat_map(|level| level["services"].as_array().unwrap());
        services.find(|one| one["name"] == service).unwrap_or_else(|| panic!("no {service} in {shown:#}")).clone()
    }

    /// The directories of instances that there are.
    pub(crate) fn instances(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path("state/local/instances"));
        entries.into_iter().flatten().map(|entry| entry.unwrap().path()).collect()
    }

    /// No process, no instance, no reservation, no stage directory.
    #[track_caller]
    pub(crate) fn assert_nothing_runs(&self) {
        let left = self.remains();
        assert!(left.is_empty(), "left behind:\n{}", left.join("\n"));
    }

    fn remains(&self) -> Vec<String> {
        let mut left = traces::processes(&self.root);
        for directory in ["local/instances", "local/reservations", "this-host"] {
            let entries = fs::read_dir(self.path("state").join(directory));
            left.extend(entries.into_iter().flatten().map(|entry| entry.unwrap().path().display().to_string()));
        }
        left
    }

    /// Terminates every run; gives what could not be.
    fn tear_down(&self) -> Result<(), String> {
        if fs::symlink_metadata(self.state()).is_err() {
            return Ok(());
        }
        let listed = self.hoist("plan list -o json").run();
        if listed.code != Some(0) {
            // A test that ruined its state file has ended its runs before.
            return Ok(());
        }
        for run in listed.json()["runs"].as_array().into_iter().flatten() {
            let ended = self.hoist("plan terminate --force").arg(run["name"].as_str().unwrap_or_default()).run();
            if ended.code != Some(0) {
                return Err(format!("a run cannot be terminated:\n{ended}"));
            }
        }
        Ok(())
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let torn_down = self.tear_down();
        let left = self.remains();
        traces::kill(&self.root);
        if let (Err(problem), false) = (torn_down, std::thread::panicking()) {
            panic!("{problem}");
        }
        if !left.is_empty() && !std::thread::panicking() {
            panic!("left behind after terminate, in {}:\n{}", self.directory.path().display(), left.join("\n"));
        }
    }
}

/// The gate at which a program waits.
pub(crate) struct Gate(fs::File);

impl Gate {
    /// Lets the program go on.
    pub(crate) fn open(mut self) {
        self.0.write_all(b"go\n").unwrap();
    }
}
