//! A state file and plans beside it, for tests of whole commands on the local cloud.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use serde_json::Value;

use crate::local_cloud::support::{Leftovers, init_program, own_seconds, processes_of, sleepers, write_program};

/// A state file, and plans beside it.
pub(crate) struct Desk {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) leftovers: Leftovers,
}

/// What a command said.
pub(crate) struct Said {
    pub(crate) code: i32,
    pub(crate) text: String,
    out: String,
}

impl Desk {
    pub(crate) fn new() -> Self {
        Self::in_directory(tempfile::Builder::new().prefix("hoist-desk-").tempdir().unwrap())
    }

    /// One whose instances see their directories as they are: below /tmp they are mounted where they can be seen, and
    /// cannot be moved.
    pub(crate) fn outside_tmp() -> Option<Self> {
        let place = hoist_test_support::place::scratch();
        tempfile::Builder::new().prefix("hoist-desk-").tempdir_in(place).ok().map(Self::in_directory)
    }

    fn in_directory(directory: tempfile::TempDir) -> Self {
        Self { directory, leftovers: Leftovers { ids: Vec::new(), seconds: own_seconds() } }
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().canonicalize().unwrap().join(name)
    }

    pub(crate) fn with_state(&self, state: &str, arguments: &str) -> Said {
        let mut command = Command::new(init_program());
        command.args(arguments.split_ascii_whitespace()).current_dir(self.path("."));
        command
            .env("HOIST_STATE", self.path(state))
            .env("HOME", self.path("."))
            .env("AWS_EC2_METADATA_DISABLED", "true");
        for name in
            ["AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_REGION", "AWS_DEFAULT_REGION", "EC2_URL", "XDG_STATE_HOME"]
        {
            command.env_remove(name);
        }
        let output = command.output().unwrap();
        let out = String::from_utf8_lossy(&output.stdout).into_owned();
        let text = format!("{out}{}", String::from_utf8_lossy(&output.stderr));
        Said { code: output.status.code().unwrap(), text, out }
    }

    pub(crate) fn hoist(&self, arguments: &str) -> Said {
        self.with_state("state/hoist.db", arguments)
    }

    /// Boots a plan of one service on the local cloud, whose boot program does this; gives its instance's id.
    pub(crate) fn boot(&mut self, state: &str, name: &str, script: &str) -> String {
        let plan = format!("name = '{name}'\n[[levels]]\n[levels.services.a]\nboot = {{ program = '{name}.sh' }}\n");
        fs::write(self.path(&format!("{name}.toml")), plan).unwrap();
        write_program(&self.path(&format!("{name}.sh")), &format!("#!/bin/sh\n{script}\n"));
        // What the program does to its instance may keep the boot from its end.
        self.with_state(state, &format!("plan boot {name}.toml"));
        let shown = self.with_state(state, &format!("plan show {name} -o json"));
        self.shown(&shown)
    }

    /// The instance of the first service of this run, which is ended whatever becomes of the test.
    pub(crate) fn instance(&mut self, name: &str) -> String {
        let shown = self.hoist(&format!("plan show {name} -o json"));
        self.shown(&shown)
    }

    fn shown(&mut self, shown: &Said) -> String {
        let id = shown.json()["levels"][0]["services"][0]["instance_id"].as_str().unwrap().to_owned();
        self.leftovers.ids.push(id.clone());
        id
    }

    pub(crate) fn sleep(&self) -> String {
        format!("setsid env -i sleep {} </dev/null >/dev/null 2>&1 &", self.leftovers.seconds)
    }

    pub(crate) fn assert_ended(&self, id: &str) {
        assert_eq!(processes_of(id), [] as [String; 0]);
        assert_eq!(sleepers(&self.leftovers.seconds), [] as [i32; 0]);
    }
}

impl Said {
    #[track_caller]
    pub(crate) fn exit(self, code: i32) -> Self {
        assert_eq!(self.code, code, "{}", self.text);
        self
    }

    #[track_caller]
    pub(crate) fn says(self, parts: &[&str]) -> Self {
        for part in parts {
            assert!(self.text.contains(part), "{part:?} is not in {}", self.text);
        }
        self
    }

    #[track_caller]
    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.out).unwrap_or_else(|error| panic!("{error}: {}", self.text))
    }
}
