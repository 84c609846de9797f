//! One life: booted, mended, changed and torn down, and killed on the way.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::os::unix::process::ExitStatusExt as _;
use std::path::Path;
use std::process::ExitStatus;
use std::time::Instant;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use serde_json::Value;

use super::remains::{entries, processes, sockets};
use super::tally::Tally;
use super::world::{RUN, Which, World};
use hoist_test_support::dice::Dice;

/// A run in a world of its own.
pub(crate) struct Life<'a> {
    world: World,
    dice: Dice,
    tally: &'a Tally,
    name: String,
    /// What was done so far, for whoever has to find out what went wrong.
    told: Vec<String>,
    /// The sockets and addresses that its inits ever had.
    seen: BTreeMap<String, Option<String>>,
}

impl<'a> Life<'a> {
    /// Life `number` of the test with this seed.
    pub(crate) fn new(shared: &Path, seed: u64, number: u64, tally: &'a Tally) -> Self {
        let name = format!("HOIST_KILL_SEED={seed}, life {number}");
        Self {
            world: World::new(shared),
            dice: Dice::new(seed, number),
            tally,
            name,
            told: Vec::new(),
            seen: BTreeMap::new(),
        }
    }

    /// Every command once, without a kill.
    pub(crate) fn undisturbed(mut self) {
        self.boot();
        self.whole("resume", &["resume", RUN]);
        self.assert_up(Which::First);
        self.end_instances(1);
        self.whole("repair", &["repair", RUN]);
        self.assert_up(Which::First);
        self.reload();
        self.assert_up(Which::Second);
        self.whole("terminate", &["terminate", RUN]);
        self.assert_gone();
    }

    /// Every command that the dice want, killed when they want it.
    pub(crate) fn live(mut self) {
        let plan = self.world.plan(Which::First).display().to_string();
        self.killed("boot", &["boot", &plan]);
        if self.dice.one_in(4) {
            return self.terminate();
        }
        self.kill_some("resume", &["resume", RUN]);
        if self.is_recorded() {
            self.whole("resume", &["resume", RUN]);
        } else {
            self.assert_untouched();
            self.boot();
        }
        self.assert_up(Which::First);
        if self.dice.one_in(2) {
            let count = 1 + self.dice.below(2);
            self.end_instances(count);
            self.kill_some("repair", &["repair", RUN]);
            if self.dice.one_in(6) {
                return self.terminate();
            }
            self.whole("repair", &["repair", RUN]);
            self.assert_up(Which::First);
        }
        if self.dice.one_in(2) {
            let plan = self.world.plan(Which::Second).display().to_string();
            self.kill_some("reload", &["reload", &plan]);
            if self.dice.one_in(6) {
                return self.terminate();
            }
            self.reload();
            self.assert_up(Which::Second);
        }
        self.terminate();
    }

    fn terminate(&mut self) {
        if !self.is_recorded() {
            return self.assert_untouched();
        }
        self.kill_some("terminate", &["terminate", RUN]);
        if self.recorded()["status"] != "terminated" {
            self.whole("terminate", &["terminate", RUN]);
        }
        self.assert_gone();
    }

    fn boot(&mut self) {
        let plan = self.world.plan(Which::First).display().to_string();
        self.whole("boot", &["boot", &plan]);
    }

    fn reload(&mut self) {
        let plan = self.world.plan(Which::Second).display().to_string();
        self.whole("reload", &["reload", &plan]);
    }

    /// Starts a command and kills it, up to twice.
    fn kill_some(&mut self, command: &'static str, arguments: &[&str]) {
        for _ in 0..self.dice.below(3) {
            self.killed(command, arguments);
        }
    }

    /// Starts a command and kills it at some moment, unless it ends before.
    fn killed(&mut self, command: &'static str, arguments: &[&str]) {
        let moment = self.dice.moment(self.tally.takes(command));
        let began = Instant::now();
        let mut child = self.spawn(arguments);
        std::thread::sleep(moment.saturating_sub(began.elapsed()));
        let _ = child.kill();
        let status = child.wait().unwrap();
        self.told.push(format!("{arguments:?} killed after {moment:?}: {status}"));
        if status.signal() == Some(Signal::SIGKILL as i32) {
            self.tally.killed(command);
        }
    }

    /// Lets a command go to its end, which must be a good one.
    fn whole(&mut self, command: &'static str, arguments: &[&str]) {
        let began = Instant::now();
        let status: ExitStatus = self.spawn(arguments).wait().unwrap();
        let took = began.elapsed();
        self.told.push(format!("{arguments:?} ended after {took:?}: {status}"));
        self.tally.ended(command, took);
        self.note_sockets();
        if !status.success() {
            self.fail("a command did not succeed");
        }
    }

    fn spawn(&mut self, arguments: &[&str]) -> std::process::Child {
        self.note_sockets();
        let output = self.world.root().join(format!("output-{}", self.told.len()));
        let output = File::create(output).unwrap();
        let arguments: Vec<&str> = ["plan"].iter().chain(arguments).chain(&["--yes"]).copied().collect();
        let mut hoist = self.world.hoist(&arguments).into_command();
        hoist.stdout(output.try_clone().unwrap()).stderr(output).spawn().unwrap()
    }

    /// Remembers which sockets and addresses must be free in the end.
    fn note_sockets(&mut self) {
        let text = |value: &Value| value.as_str().map(str::to_owned);
        let inits = self.world.inits();
        let claims = inits.values().filter_map(|status| Some((text(&status["socket"])?, text(&status["address"]))));
        self.seen.extend(claims);
    }

    fn show(&self) -> Option<Value> {
        let ran = self.world.hoist(&["plan", "show", RUN, "-o", "json"]).run();
        (ran.code == Some(0)).then(|| ran.json())
    }

    fn is_recorded(&self) -> bool {
        self.show().is_some()
    }

    fn recorded(&self) -> Value {
        self.show().unwrap_or_else(|| self.fail("the run is not recorded"))
    }

    /// Ends some instances as a crash of their machines would.
    fn end_instances(&mut self, count: usize) {
        let mut inits: Vec<(String, Value)> = self.world.inits().into_iter().collect();
        inits.retain(|(name, _)| name.starts_with("i-"));
        for _ in 0..count {
            let (name, status) = inits.swap_remove(self.dice.below(inits.len()));
            self.told.push(format!("instance {name} dies"));
            let process = status["process"].as_i64().and_then(|number| i32::try_from(number).ok()).unwrap();
            kill(Pid::from_raw(process), Signal::SIGKILL).unwrap();
        }
    }

    /// Each service is ready, has one instance that lives, and its boot program ran once on it.
    fn assert_up(&self, which: Which) {
        let shown = self.recorded();
        if shown["status"] != "up" {
            self.fail(&format!("the run is {}", shown["status"]));
        }
        let services = shown["levels"].as_array().into_iter().flatten();
        let services = services.flat_map(|level| level["services"].as_array().into_iter().flatten());
        let ids: BTreeMap<String, String> = services
            .filter_map(|service| {
                Some((service["name"].as_str()?.to_owned(), service["instance_id"].as_str()?.to_owned()))
            })
            .collect();
        let names: Vec<&str> = ids.keys().map(String::as_str).collect();
        if names != World::machines(which) {
            self.fail(&format!("these have instances: {names:?}"));
        }
        let recorded: BTreeSet<String> = ids.values().cloned().collect();
        let existing: BTreeSet<String> = entries(&self.world.instances()).into_iter().collect();
        if existing != recorded {
            self.fail(&format!("recorded are {recorded:?}, there are {existing:?}"));
        }
        let processes = processes(&self.world);
        let marks = processes.iter().filter_map(|process| process.instance.clone());
        let alive: BTreeSet<String> = marks.filter(|mark| mark.starts_with("i-")).collect();
        if alive != recorded {
            self.fail(&format!("recorded are {recorded:?}, processes have {alive:?}"));
        }
        for id in &recorded {
            let of_it = processes.iter().filter(|process| process.instance.as_ref() == Some(id));
            if of_it.filter(|process| process.is_init()).count() != 1 {
                self.fail(&format!("{id} has not one init: {processes:#?}"));
            }
        }
        let boots = self.boots();
        for (name, id) in &ids {
            if boots.get(&format!("{name} {id}")) != Some(&1) {
                self.fail(&format!("the boot program of {name} did not run once on {id}: {boots:?}"));
            }
        }
        for line in ["here this-host", "edge an-address"] {
            if boots.get(line) != Some(&1) {
                self.fail(&format!("{line} is not there once: {boots:?}"));
            }
        }
    }

    /// The boot programs that ran; none did twice.
    fn boots(&self) -> BTreeMap<String, usize> {
        for log in ["boots", "byes"] {
            let twice: Vec<String> =
                self.world.log(log).into_iter().filter(|(_, times)| *times > 1).map(|(line, _)| line).collect();
            if !twice.is_empty() {
                self.fail(&format!("these {log} took place twice: {twice:?}"));
            }
        }
        self.world.log("boots")
    }

    /// The run has ended, and nothing is left of it.
    fn assert_gone(&self) {
        let status = &self.recorded()["status"];
        if status != "terminated" {
            self.fail(&format!("the run is {status}"));
        }
        self.boots();
        self.assert_untouched();
    }

    /// There is no process, no file and no socket.
    fn assert_untouched(&self) {
        let left = processes(&self.world);
        if !left.is_empty() {
            self.fail(&format!("processes are left: {left:#?}"));
        }
        for place in self.world.infrastructure() {
            let left = entries(&place);
            if !left.is_empty() {
                self.fail(&format!("left in {}: {left:?}", place.display()));
            }
        }
        let names: Vec<String> = self.seen.keys().cloned().collect();
        let addresses: Vec<String> = self.seen.values().flatten().cloned().collect();
        let left = sockets(&names, &addresses);
        if !left.is_empty() {
            self.fail(&format!("sockets are left: {left:?}"));
        }
    }

    fn fail(&self, what: &str) -> ! {
        let mut report = format!("{}: {what}\n", self.name);
        for (number, told) in self.told.iter().enumerate() {
            let output = self.world.root().join(format!("output-{number}"));
            let output = std::fs::read_to_string(output).unwrap_or_default();
            report.push_str(&format!("--- {told}\n{output}"));
        }
        report.push_str(&format!("--- what runs: {:#?}", processes(&self.world)));
        panic!("{report}");
    }
}

impl Drop for Life<'_> {
    /// Whatever a failed life leaves running ends with it.
    fn drop(&mut self) {
        if std::thread::panicking() {
            for process in processes(&self.world) {
                let _ = kill(Pid::from_raw(process.number), Signal::SIGKILL);
            }
        }
    }
}
