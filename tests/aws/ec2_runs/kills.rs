//! `kill -9` of hoist, at each event of its journal and at any moment: nothing is leaked, nothing is doubled, and one
//! command goes on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use crate::ec2_runs::lab::Lab;
use hoist_test_support::aws::Faults;
use hoist_test_support::machine::CloudInit;
use hoist_test_support::running::Running;

/// How many lives are led at once: they mostly wait.
const SIDE_BY_SIDE: usize = 12;

/// How often hoist is killed at random moments, unless `HOIST_EC2_KILLS` says otherwise.
const RANDOM_KILLS: usize = 60;

/// How often the events of a command are counted that is to be killed after some.
const LOOK: Duration = Duration::from_millis(1);

/// The machines of the plan.
const MACHINES: usize = 3;

const RUN: &str = "killed";

/// A cloud that is not always well, and a plan of two levels whose boot programs count how often they are run.
fn lab(seed: u64) -> Option<Lab> {
    let faults = Faults::new(seed).throttled(0.05).lost_replies(0.05).server_errors(0.02);
    let lab = Lab::new(faults, CloudInit::Fast)?;
    lab.program("boot.sh", "echo x >> /var/tmp/boots; sleep 0.1; echo \"{\\\"word\\\": \\\"$1\\\"}\" > bootout.json");
    lab.program("ready.sh", "test -n \"$1\"");
    lab.program("bye.sh", "sleep 0.1");
    let programs = "boot = { program = \"boot.sh\", args = [\"${.name}\"] }\nterminate = \"bye.sh\"\n";
    lab.plan(
        RUN,
        &format!(
            "[[levels]]\n[levels.services.db]\n{programs}ready = {{ program = \"ready.sh\", args = [\"${{.word}}\"] }}\n\
             [[levels]]\n[levels.services.web]\nreplicas = 2\n{programs}\
             ready = {{ program = \"ready.sh\", args = [\"${{db.word}}\"] }}\n"
        ),
    );
    Some(lab)
}

/// Leads as many lives as there are numbers, several at a time; false where nothing can be led here.
fn lead(numbers: std::ops::Range<usize>, life: impl Fn(&Lab, usize) + Sync) -> bool {
    let next = AtomicUsize::new(numbers.start);
    let led = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        for _ in 0..SIDE_BY_SIDE {
            scope.spawn(|| {
                loop {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    if number >= numbers.end {
                        return;
                    }
                    let Some(lab) = lab(number as u64) else { return };
                    life(&lab, number);
                    led.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
    });
    led.into_inner() > 0
}

/// Runs hoist until it has told of `events` events, then kills it; false when it ended by itself before.
fn killed_after(lab: &Lab, words: &str, events: usize) -> bool {
    let mut hoist = lab.command(&format!("{words} -o jsonl")).spawn();
    let seen = |hoist: &Running| hoist.stdout().matches('\n').count() >= events;
    while !seen(&hoist) && !hoist.is_over() {
        std::thread::sleep(LOOK);
    }
    let has_seen = seen(&hoist);
    hoist.kill() && has_seen
}

fn doubled(lab: &Lab, when: &str) {
    let alive = lab.alive();
    assert!(alive.len() <= MACHINES, "{when}: {alive:?}");
}

/// The run is up: one machine a service, and each boot program ran once.
fn assert_up(lab: &Lab, when: &str) {
    let alive = lab.alive();
    assert_eq!(alive.len(), MACHINES, "{when}: {alive:?}");
    for id in alive {
        let boots =
            lab.yard.with(&id, |machine| std::fs::read_to_string(machine.file("/var/tmp/boots")).unwrap_or_default());
        assert_eq!(boots, "x\n", "{when}: {id}");
    }
}

/// One command brings it down and nothing is left.
fn assert_ends(lab: &Lab, when: &str) {
    let ran = lab.hoist(&format!("plan terminate {RUN} --yes"));
    // A kill before the run was recorded leaves nothing to terminate.
    let unknown = ran.code == Some(1) && ran.raw_stderr.contains("no run");
    assert!(ran.code == Some(0) || unknown, "{when}: {ran}");
    assert_eq!(lab.alive(), Vec::<String>::new(), "{when}");
    assert_eq!(lab.yard.ids(), Vec::<String>::new(), "{when}");
}

#[test]
fn a_kill_at_each_event_of_a_boot_costs_one_command() {
    // Even numbers are resumed, odd ones are terminated; a boot of this plan has 27 events. A terminate right after the
    // launch was announced takes the five minutes in which a machine may still appear: one such life is enough.
    lead(2..56, |lab, number| {
        if number == 3 {
            return;
        }
        let when = format!("killed after {} events of the boot", number / 2);
        let was_killed = killed_after(lab, &format!("plan boot {RUN}.toml"), number / 2);
        doubled(lab, &when);
        if number % 2 == 0 && was_killed && lab.state().exists() {
            let ran = lab.hoist(&format!("plan resume {RUN}"));
            assert_eq!(ran.code, Some(0), "{when}: {}\n{}", ran.raw_stdout, ran.raw_stderr);
            assert_up(lab, &when);
        }
        assert_ends(lab, &when);
    });
}

#[test]
fn a_kill_at_each_event_of_a_terminate_costs_one_command() {
    lead(1..13, |lab, number| {
        lab.hoist(&format!("plan boot {RUN}.toml")).exit(0);
        killed_after(lab, &format!("plan terminate {RUN} --yes"), number);
        let when = format!("killed after {number} events of the terminate");
        if lab.alive().is_empty() {
            return;
        }
        assert_ends(lab, &when);
    });
}

#[test]
fn kills_at_any_moment_leak_and_double_nothing() {
    let kills = std::env::var("HOIST_EC2_KILLS").ok().and_then(|kills| kills.parse().ok()).unwrap_or(RANDOM_KILLS);
    let done = AtomicUsize::new(0);
    // Enough lives: most see several kills.
    let led = lead(1000..1000 + kills, |lab, number| {
        if done.load(Ordering::Relaxed) >= kills {
            return;
        }
        let mut dice = Dice(number as u64);
        let mut words = format!("plan boot {RUN}.toml");
        for _ in 0..1 + dice.roll(4) {
            let child = lab.command(&words).spawn();
            std::thread::sleep(Duration::from_millis(dice.roll(6000)));
            done.fetch_add(usize::from(child.kill()), Ordering::Relaxed);
            doubled(lab, &format!("life {number}"));
            let recorded = lab.hoist(&format!("plan show {RUN}")).code == Some(0);
            words = match (recorded, dice.roll(4)) {
                (false, _) => format!("plan boot {RUN}.toml"),
                (true, 0) => format!("plan terminate {RUN} --yes"),
                (true, _) => format!("plan resume {RUN} --yes"),
            };
        }
        assert_ends(lab, &format!("life {number}"));
    });
    assert!(!led || done.into_inner() >= kills, "fewer kills than wanted");
}

/// Numbers that a seed decides.
struct Dice(u64);

impl Dice {
    /// From 0 to less than `sides`.
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}
