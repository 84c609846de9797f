//! A state file and plans beside it, for tests of whole commands on the local cloud.

use std::fs;
use std::path::PathBuf;

use hoist_test_support::call::Call;
use hoist_test_support::ran::Ran;

use crate::local_cloud::support::{Leftovers, own_seconds, processes_of, sleepers, write_program};

/// A state file, and plans beside it.
pub(crate) struct Desk {
    pub(crate) directory: tempfile::TempDir,
    pub(crate) leftovers: Leftovers,
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

    pub(crate) fn with_state(&self, state: &str, arguments: &str) -> Ran {
        Call::hoist(&self.path("."))
            .words(arguments)
            .env("HOIST_STATE", self.path(state))
            .env("HOME", self.path("."))
            .run()
    }

    pub(crate) fn hoist(&self, arguments: &str) -> Ran {
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

    fn shown(&mut self, shown: &Ran) -> String {
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
