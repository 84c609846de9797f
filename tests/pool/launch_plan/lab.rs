//! The launch plan as a user has it, with their key, their state file and their account at EC2.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::Duration;

use crate::launch_plan::cloud::Machines;
use crate::launch_plan::machine::PORT;
use hoist_test_support::aws::{FaultProxy, Faults, IMAGE};
use hoist_test_support::call::Call;
use hoist_test_support::debian::debian;
use hoist_test_support::machine::generate_key;
use hoist_test_support::ran::Ran;
use hoist_test_support::skip::skip;

/// The pool's password in these tests.
pub(crate) const PASSWORD: &str = "a \"pool's\" $password \\ with `every trace`";

/// The longest that a command may take.
const LONGEST: Duration = Duration::from_secs(150);

/// Where the launch plan is.
pub(crate) fn plan_directory() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("launch-plans/htcondor-pool")
}

/// A user with a plan.
pub(crate) struct Lab {
    directory: tempfile::TempDir,
    pub(crate) proxy: FaultProxy,
    pub(crate) machines: Arc<Machines>,
}

impl Lab {
    /// With the plan as `change` leaves it. `None` where the machines cannot run; that is said loudly, and is a failure
    /// with `HOIST_TEST_REQUIRE_ALL=1`.
    pub(crate) fn new(change: impl FnOnce(String) -> String) -> Option<Self> {
        let debian = match debian() {
            Ok(debian) => debian,
            Err(why) => {
                skip(why);
                return None;
            }
        };
        let machines = Arc::new(Machines::new(debian));
        let proxy = FaultProxy::with_compute(Faults::new(1), machines.clone())?;
        let directory = tempfile::Builder::new().prefix("hoist-pool-").tempdir().unwrap();
        let lab = Self { directory, proxy, machines };
        fs::create_dir(lab.path("home")).unwrap();
        generate_key(&lab.path("key"));
        lab.proxy.import_key_pair("mine", &fs::read_to_string(lab.path("key.pub")).unwrap());
        lab.proxy.name_image("/aws/service/debian/release/13/latest/amd64", IMAGE);
        lab.copy_plan(change);
        Some(lab)
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// The plan, with the port at which the machines of the tests answer.
    fn copy_plan(&self, change: impl FnOnce(String) -> String) {
        let copied = Command::new("cp").arg("-r").arg(plan_directory()).arg(self.path("pool")).status().unwrap();
        assert!(copied.success());
        let file = self.path("pool/htcondor-pool.toml");
        let plan = fs::read_to_string(&file).unwrap();
        assert_eq!(plan.matches("ssh = { ").count(), 1, "{plan}");
        fs::write(file, change(plan.replace("ssh = { ", &format!("ssh = {{ port = {PORT}, ")))).unwrap();
    }

    /// Runs hoist, its words separated by spaces.
    pub(crate) fn hoist(&self, words: &str) -> Ran {
        self.hoist_with("POOL_PASSWORD", PASSWORD, words)
    }

    /// The same, with another variable in its environment.
    pub(crate) fn hoist_with(&self, variable: &str, value: &str, words: &str) -> Ran {
        Call::hoist(self.directory.path())
            .words(words)
            .env("HOME", self.path("home"))
            .env("HOIST_STATE", self.path("state/hoist.db"))
            .on_aws("AKIATEST", "secret", &self.proxy.endpoint())
            .env("POOL_PASSWORD", PASSWORD)
            .env(variable, value)
            .within(LONGEST)
            .run()
    }

    /// The instance that a service of the run has now.
    pub(crate) fn instance(&self, service: &str) -> String {
        let shown = self.hoist("plan show htcondor-pool -o json").exit(0).json();
        let levels = shown["levels"].as_array().unwrap().iter();
        let mut services = levels.flat_map(|level| level["services"].as_array().unwrap());
        let found = services.find(|one| one["name"] == service).unwrap();
        found["instance_id"].as_str().unwrap_or_else(|| panic!("{service} has no instance: {found}")).to_owned()
    }

    /// What a command prints on the machine of a service, past SSH.
    pub(crate) fn on(&self, service: &str, user: &str, command: &str) -> String {
        let id = self.instance(service);
        let output = self.machines.with(&id, |machine| machine.run(user, command));
        format!("{}{}", String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr))
    }
}

/// Looks at the command lines of all processes for a word, again and again.
pub(crate) struct Watch {
    over: Arc<AtomicBool>,
    thread: thread::JoinHandle<Vec<String>>,
}

impl Watch {
    pub(crate) fn for_word(word: &'static str) -> Self {
        let over = Arc::new(AtomicBool::new(false));
        let stop = over.clone();
        let thread = thread::spawn(move || {
            let mut seen = Vec::new();
            while !stop.load(Ordering::Relaxed) {
                seen.extend(command_lines().into_iter().filter(|line| line.contains(word)));
                thread::sleep(Duration::from_millis(5));
            }
            seen
        });
        Self { over, thread }
    }

    /// The command lines that had the word.
    pub(crate) fn end(self) -> Vec<String> {
        self.over.store(true, Ordering::Relaxed);
        self.thread.join().unwrap()
    }
}

fn command_lines() -> Vec<String> {
    let processes = fs::read_dir("/proc").unwrap().flatten();
    let lines = processes.filter_map(|process| fs::read(process.path().join("cmdline")).ok());
    lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " ")).collect()
}

/// The files below a directory that hold a word.
pub(crate) fn files_with(directory: &Path, word: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in fs::read_dir(directory).unwrap().flatten() {
        let kind = entry.file_type().unwrap();
        if kind.is_dir() {
            found.extend(files_with(&entry.path(), word));
        } else if kind.is_file() {
            let content = fs::read(entry.path()).unwrap_or_default();
            if content.windows(word.len()).any(|window| window == word.as_bytes()) {
                found.push(entry.path());
            }
        }
    }
    found
}
