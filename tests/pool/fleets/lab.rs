//! A machine on which a master of the wizard's runs on the local cloud.

use std::cell::Cell;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::fleets::settings::{MAX, quick};
use crate::master::answers::FILE;
use crate::master::local::{WITH_NAMESPACES, instance, run};
use hoist_test_support::contained::{Contained, Seed};
use hoist_test_support::debian::debian;
use hoist_test_support::place;
use hoist_test_support::skip::skip;

/// The fleet's name: its pool's.
pub(crate) const NAME: &str = "pool.example.org";

/// The longest that anything may take.
pub(crate) const PATIENCE: Duration = Duration::from_secs(300);

/// Fails while there is a file; else it is HTCondor's own.
const CONDOR_Q: &str = "#!/bin/sh
if [ -e /usr/local/share/condor_q_fails ]; then echo 'condor_q: out of order' >&2; exit 1; fi
exec /usr/bin/condor_q \"$@\"
";

/// Jobs of three shapes, 20 of each.
const JOBS: &str = "executable = /bin/sleep
transfer_executable = False
should_transfer_files = YES
request_disk = 16
arguments = 2
request_memory = 16
queue 20
arguments = 4
request_memory = 32
rank = Memory
queue 20
arguments = 6
request_memory = 64
requirements = TARGET.Cpus >= 1
queue 20
";

/// A job that no machine can run.
const LARGE: &str = "executable = /bin/sleep
transfer_executable = False
arguments = 1
request_disk = 16
request_memory = 1048576
queue
";

/// A fleet that a master runs, and its pool.
pub(crate) struct Lab {
    machine: Contained,
    master: String,
    name: String,
    most: Cell<u64>,
}

impl Lab {
    /// Starts the master, and waits until its first worker serves and its pool is believed.
    pub(crate) fn start() -> Option<Self> {
        let debian = match debian() {
            Ok(debian) => debian,
            Err(why) => {
                skip(why);
                return None;
            }
        };
        let seed = Seed::new("hoist-fleet-", "127.0.0.1");
        seed.put("usr/local/bin/hoist", &std::fs::read(place::hoist()).unwrap(), 0o755);
        seed.put("usr/local/bin/condor_q", CONDOR_Q.as_bytes(), 0o755);
        let machine = seed.start(debian, WITH_NAMESPACES);
        let began = Instant::now();
        while run(&machine, "test -e /run/up").is_err() {
            assert!(began.elapsed() < PATIENCE, "{}", machine.console());
            std::thread::sleep(Duration::from_millis(50));
        }
        let (master, made) = quick();
        put(&machine, FILE, &master);
        put(&machine, &format!("{FILE}.toml"), &made.plan);
        put(&machine, "jobs.sub", JOBS);
        put(&machine, "large.sub", LARGE);
        let (_, command) = made.next_steps[0].split_once(": ").unwrap();
        run(&machine, command).unwrap_or_else(|said| panic!("{said}"));
        let name = FILE.replace("master-", "cluster-");
        let (_, master) = instance(&machine, &name);
        let lab = Self { machine, master, name, most: Cell::default() };
        lab.until("the first worker serves", |status| {
            status["last_pass"]["slots"].as_u64().is_some_and(|slots| slots >= 2)
        });
        Some(lab)
    }

    /// What a command of the user's prints, which must succeed.
    #[track_caller]
    pub(crate) fn run(&self, command: &str) -> String {
        self.try_run(command).unwrap_or_else(|said| panic!("{command}: {said}\n{}", self.log()))
    }

    /// The same; its message where it fails.
    pub(crate) fn try_run(&self, command: &str) -> Result<String, String> {
        run(&self.machine, &format!("export CONDOR_CONFIG={}/home/pool/condor_config; {command}", self.master))
    }

    /// Runs a command of the administrator's.
    #[track_caller]
    pub(crate) fn root(&self, command: &str) {
        let output = self.machine.run("root", command).unwrap();
        assert!(output.status.success(), "{command}: {output:?}");
    }

    /// What the scaler has told.
    pub(crate) fn log(&self) -> String {
        run(&self.machine, &format!("cat {}/home/pool/log/elastic", self.master)).unwrap_or_else(|said| said)
    }

    /// A document that hoist prints.
    #[track_caller]
    pub(crate) fn document(&self, words: &str) -> Value {
        let text = self.run(&format!("hoist {words} -o json || [ $? = 2 ]"));
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{words}: {error}\n{text}"))
    }

    /// Where the fleet stands, once it has passed. There are never more workers than may be.
    #[track_caller]
    pub(crate) fn status(&self) -> Option<Value> {
        let startds = self.startds();
        assert!(startds <= MAX, "{startds} workers\n{}", self.log());
        self.most.set(self.most.get().max(startds));
        let text = self.try_run(&format!("hoist elastic status {NAME} -o json || :")).ok()?;
        let status: Value = serde_json::from_str(&text).ok()?;
        assert!(status["live"].as_u64().unwrap() <= MAX, "{status}\n{}", self.log());
        Some(status)
    }

    /// The number of workers that run. Of a startd's children some are startds for a moment.
    #[track_caller]
    pub(crate) fn startds(&self) -> u64 {
        let text = self.run("pgrep -c -x condor_startd -P \"$(pgrep -d, -x condor_master)\" || :");
        text.trim().parse().unwrap()
    }

    /// The most workers that were seen at once.
    pub(crate) fn most(&self) -> u64 {
        self.most.get()
    }

    /// Waits until the fleet stands so.
    #[track_caller]
    pub(crate) fn until(&self, what: &str, mut is: impl FnMut(&Value) -> bool) -> Value {
        let began = Instant::now();
        loop {
            let status = self.status();
            if let Some(status) = status.filter(|status| is(status)) {
                return status;
            }
            let shown = || (self.try_run("condor_q; condor_status"), self.log(), self.machine.console());
            assert!(began.elapsed() < PATIENCE, "{what}: {:#?}", shown());
            std::thread::sleep(Duration::from_millis(500));
        }
    }

    /// The number of the workers that are not gone, by phase.
    pub(crate) fn workers(status: &Value, phases: &[&str]) -> u64 {
        let workers = status["workers"].as_array().unwrap().iter();
        workers.filter(|worker| phases.contains(&worker["phase"].as_str().unwrap())).count() as u64
    }

    /// Waits until nothing but the minimum is left of the fleet.
    #[track_caller]
    pub(crate) fn until_at(&self, what: &str, number: u64) -> Value {
        self.until(what, |status| status["workers"].as_array().unwrap().len() as u64 == number)
    }

    /// Passes that are kept, oldest first.
    #[track_caller]
    pub(crate) fn passes(&self) -> Vec<Value> {
        self.document(&format!("elastic why {NAME} --last 500"))["passes"].as_array().unwrap().clone()
    }

    /// Jobs that wait or run. None: a queue with much to do has not answered.
    pub(crate) fn jobs(&self) -> Option<usize> {
        self.try_run("/usr/bin/condor_q -af ClusterId").ok().map(|jobs| jobs.lines().count())
    }

    /// The process that runs the scaler, as the machine numbers it. None: there is none now.
    pub(crate) fn daemon(&self) -> Option<String> {
        let found = self.run("pgrep -f 'elastic run --config' || :");
        let mut daemons = found
            .lines()
            .filter(|process| self.run(&format!("readlink /proc/{process}/exe || :")).trim().ends_with("/hoist"));
        daemons.next().map(str::to_owned)
    }

    /// Ends the scaler as the kernel does; the master starts it again.
    #[track_caller]
    pub(crate) fn kill_daemon(&self) {
        let killed = self.daemon().expect("the scaler runs");
        self.root(&format!("kill -KILL {killed}"));
        self.until("the scaler runs again", |_| self.daemon().is_some_and(|daemon| daemon != killed));
    }

    /// Ends everything, and tells what is left.
    #[track_caller]
    pub(crate) fn finish(self) {
        self.run(&format!("hoist plan terminate {} --yes", self.name));
        assert_eq!(self.run("pgrep -c condor || :"), "0\n");
    }
}

fn put(machine: &Contained, name: &str, content: &str) {
    let quoted = content.replace('\'', "'\\''");
    run(machine, &format!("printf %s '{quoted}' > {name}")).unwrap();
}
