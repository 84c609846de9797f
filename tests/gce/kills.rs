//! `kill -9` of hoist at each event of its journal: nothing is leaked, nothing is doubled, and one command goes on.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use hoist_test_support::google::Faults;
use hoist_test_support::running::Running;

use crate::lab::Lab;

/// How many lives are led at once: they mostly wait.
const SIDE_BY_SIDE: usize = 12;

/// How often the events of a command are counted that is to be killed after some.
const LOOK: Duration = Duration::from_millis(1);

/// The machines of the plan.
const MACHINES: usize = 3;

const RUN: &str = "killed";

/// A cloud that is not always well, and a plan of two levels whose boot programs count how often they are run.
fn lab(seed: u64) -> Option<Lab> {
    let lab = Lab::new(Faults::new(seed).throttled(0.05).lost_replies(0.05).server_errors(0.02))?;
    lab.program("boot.sh", "echo x >> /var/tmp/boots; sleep 0.1; echo \"{\\\"word\\\": \\\"$1\\\"}\" > bootout.json");
    lab.program("ready.sh", "test -n \"$1\"");
    lab.program("bye.sh", "sleep 0.1");
    let programs = "boot = { program = \"boot.sh\", args = [\"${.name}\"] }\nterminate = \"bye.sh\"\n\
                    ready = { program = \"ready.sh\", args = [\"${.word}\"] }\n";
    lab.plan(
        RUN,
        &format!(
            "[[levels]]\n[levels.services.db]\n{programs}[[levels]]\n[levels.services.web]\nreplicas = 2\n{programs}"
        ),
    );
    Some(lab)
}

/// Leads as many lives as there are numbers, several at a time.
fn lead(numbers: std::ops::Range<usize>, life: impl Fn(&Lab, usize) + Sync) {
    let next = AtomicUsize::new(numbers.start);
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
                }
            });
        }
    });
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

/// The run is up: one machine a service, and each boot program ran once.
fn assert_up(lab: &Lab, when: &str) {
    assert_eq!(lab.cloud.instances().len(), MACHINES, "{when}");
    let boots = |machine: &hoist_test_support::machine::Machine| {
        std::fs::read_to_string(machine.file("/var/tmp/boots")).unwrap_or_default()
    };
    assert_eq!(lab.yard.as_ref().unwrap().each(boots), ["x\n"; MACHINES], "{when}");
}

/// One command brings it down and nothing is left.
fn assert_ends(lab: &Lab, when: &str) {
    let ran = lab.hoist(&format!("plan terminate {RUN} --yes"));
    // A kill before the run was recorded leaves nothing to terminate.
    let unknown = ran.code == Some(1) && ran.raw_stderr.contains("no run");
    assert!(ran.code == Some(0) || unknown, "{when}: {ran}");
    lab.nothing_is_left();
}

#[test]
fn a_kill_at_each_event_of_a_boot_costs_one_command() {
    // Even numbers are resumed, odd ones are terminated.
    lead(2..56, |lab, number| {
        let when = format!("killed after {} events of the boot", number / 2);
        let was_killed = killed_after(lab, &format!("plan boot {RUN}.toml"), number / 2);
        assert!(lab.cloud.instances().len() <= MACHINES, "{when}");
        if number % 2 == 0 && was_killed && lab.path("state/hoist.db").exists() {
            let ran = lab.hoist(&format!("plan resume {RUN}"));
            assert_eq!(ran.code, Some(0), "{when}: {ran}");
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
        if !lab.cloud.instances().is_empty() {
            assert_ends(lab, &format!("killed after {number} events of the terminate"));
        }
    });
}
