//! Ctrl-C and SIGTERM: nothing new begins, what is under way is settled and recorded, and the way on is shown.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use nix::sys::signal::Signal;

use crate::ec2_runs::lab::Lab;
use hoist_test_support::aws::{Effect, Faults, Moment};
use hoist_test_support::eventually::{PATIENCE, eventually};
use hoist_test_support::machine::CloudInit;

fn three(lab: &Lab) {
    lab.plan("demo", "[[levels]]\n[levels.services.db]\nreplicas = 2\n[[levels]]\n[levels.services.web]\n");
}

/// Tells when the first call of this action is there.
fn when_asked(lab: &Lab, wanted: &'static str) -> mpsc::Receiver<()> {
    let (tell, told) = mpsc::channel();
    let first = AtomicBool::new(true);
    lab.cloud.watch(move |call, moment| {
        let is_it = call.action == wanted && call.parameters.get("DryRun") != Some("true");
        if is_it && matches!(moment, Moment::Come) && first.swap(false, Ordering::Relaxed) {
            let _ = tell.send(());
        }
    });
    told
}

#[test]
fn a_launch_under_way_is_settled_and_recorded() {
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        // The rehearsal before is the first call of this action.
        let slow = Faults::default().script("RunInstances", 1, usize::MAX, Effect::Slow(Duration::from_secs(2)));
        let Some(lab) = Lab::without_machines(slow) else { return };
        three(&lab);
        let asked = when_asked(&lab, "RunInstances");
        let child = lab.command("plan boot demo.toml").spawn();
        asked.recv_timeout(PATIENCE).unwrap();
        child.signal(signal);
        let ran = child.wait().exit(code).says_all(&[
            "stopping: calls under way are finished and recorded; once more stops waiting",
            "demo stopped: 0 of 3 services ready, 3 instances left",
            "hoist plan resume demo",
            "hoist plan terminate demo",
        ]);
        for id in lab.alive() {
            assert!(ran.raw_stdout.contains(&id), "{id} is not named: {}", ran.raw_stdout);
        }
        assert_eq!((lab.alive().len(), lab.launches()), (3, 1));
        lab.cloud.change(|faults| *faults = Faults::default());
        lab.hoist("plan resume demo").exit(0);
        assert_eq!((lab.alive().len(), lab.launches()), (3, 1));
        lab.hoist("plan terminate demo --yes").exit(0);
        assert_eq!(lab.alive(), Vec::<String>::new());
    }
}

#[test]
fn a_second_signal_waits_for_nothing_and_resume_finds_what_was_launched() {
    let slow = Faults::default().script("RunInstances", 1, usize::MAX, Effect::Slow(Duration::from_secs(30)));
    let Some(lab) = Lab::without_machines(slow) else { return };
    three(&lab);
    let asked = when_asked(&lab, "RunInstances");
    let child = lab.command("plan boot demo.toml").spawn();
    asked.recv_timeout(PATIENCE).unwrap();
    child.signal(Signal::SIGINT);
    eventually("it says that it stops", || child.stderr().contains("once more stops waiting").then_some(()));
    let began = Instant::now();
    child.signal(Signal::SIGINT);
    child.wait().exit(130).says_all(&["demo stopped", "hoist plan resume demo"]);
    assert!(began.elapsed() < Duration::from_secs(20), "it waited for the answer");
    lab.cloud.change(|faults| *faults = Faults::default());
    lab.hoist("plan resume demo").exit(0);
    assert_eq!(lab.alive().len(), 3, "nothing is doubled");
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}

#[test]
fn a_wait_for_machines_ends_at_once() {
    let Some(lab) = Lab::without_machines(Faults::default().time_to_run(Duration::from_secs(600))) else { return };
    three(&lab);
    let asked = when_asked(&lab, "DescribeInstances");
    let child = lab.command("plan boot demo.toml").spawn();
    asked.recv_timeout(PATIENCE).unwrap();
    child.signal(Signal::SIGINT);
    child.wait().exit(130).says_all(&["3 instances left", "hoist plan terminate demo"]);
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}

#[test]
fn a_tear_down_under_way_is_settled_and_goes_on_later() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    three(&lab);
    lab.hoist("plan boot demo.toml").exit(0);
    lab.cloud.change(|faults| {
        *faults = Faults::default().always("TerminateInstances", Effect::Slow(Duration::from_secs(1)))
    });
    let asked = when_asked(&lab, "TerminateInstances");
    let child = lab.command("plan terminate demo --yes").spawn();
    asked.recv_timeout(PATIENCE).unwrap();
    child.signal(Signal::SIGTERM);
    child.wait().exit(143).says_all(&["demo stopped", "3 instances left", "hoist plan terminate demo"]);
    assert_eq!(lab.alive().len(), 2, "the last level went, the next did not begin");
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}

/// The processes whose command line names this directory.
fn processes_at(lab: &Lab) -> Vec<String> {
    let place = lab.root().to_str().unwrap().to_owned();
    let entries = std::fs::read_dir("/proc").unwrap().flatten();
    let lines = entries.filter_map(|entry| std::fs::read(entry.path().join("cmdline")).ok());
    let lines = lines.map(|line| String::from_utf8_lossy(&line).replace('\0', " "));
    lines.filter(|line| line.starts_with("ssh") && line.contains(&place)).collect()
}

#[test]
fn a_program_under_way_goes_on_without_hoist_and_is_waited_for_by_resume() {
    for stage in ["reach", "boot"] {
        let Some(lab) = Lab::new(Faults::default(), CloudInit::Fast) else { return };
        lab.program(
            "boot.sh",
            "echo begun; echo x >> /var/tmp/boots; while [ ! -e /var/tmp/go ]; do sleep 0.1; done; echo done",
        );
        lab.plan("demo", "[[levels]]\n[levels.services.db]\nboot = \"boot.sh\"\n");
        let child = lab.command("plan boot demo.toml -o jsonl").spawn();
        let wanted = if stage == "reach" { "addressed" } else { "boot-started" };
        eventually(wanted, || child.stdout().contains(wanted).then_some(()));
        assert!(stage == "reach" || !processes_at(&lab).is_empty(), "there is a connection while a program runs");
        child.signal(Signal::SIGINT);
        child.wait().exit(130).says_all(&["hoist plan resume demo"]);
        assert_eq!(processes_at(&lab), Vec::<String>::new(), "{stage}: connections are left behind");
        let id = lab.alive().pop().unwrap();
        lab.yard.with(&id, |machine| std::fs::write(machine.file("/var/tmp/go"), "").unwrap());
        lab.hoist("plan resume demo").exit(0);
        let boots = lab.yard.with(&id, |machine| std::fs::read_to_string(machine.file("/var/tmp/boots")).unwrap());
        assert_eq!(boots, "x\n", "{stage}: the program ran twice");
        lab.hoist("plan terminate demo --yes").exit(0);
        assert_eq!(lab.alive(), Vec::<String>::new());
        assert_eq!(processes_at(&lab), Vec::<String>::new());
    }
}
