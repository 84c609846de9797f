//! Commands that are cut off, and stacks that fail.

use std::os::unix::fs::PermissionsExt as _;

use hoist::annex::{AnnexEvent, AnnexSpec};
use hoist::state::{Owner, StateFile};
use jiff::Timestamp;
use nix::sys::signal::Signal;
use serde_json::json;

use crate::annex_cli::lab::Lab;
use hoist_test_support::aws::{End, StackScript, Verb};
use hoist_test_support::condor_pool::manager;

/// Many looks: as long as a test may take.
const LONG: usize = 10_000;

#[test]
fn ctrl_c_while_the_cloud_works_says_what_goes_on_and_the_same_command_does() {
    let Some(lab) = Lab::aws() else { return };
    lab.cloud().script_stack(StackScript { stack: "hoist-annex-foo", verb: Verb::Create, looks: 3, end: End::Done });
    let child = lab.command(&lab.created("foo", "--lease 6h")).spawn();
    while lab.cloud().count("CreateStack") < 2 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    child.signal(Signal::SIGINT);
    child.wait().exit(130).says_all(&[
        "stopped waiting: annex foo is recorded",
        "hoist annex status foo looks",
        "the same command again goes on",
    ]);
    let before = lab.hoist("annex list -o json").exit(0).json();
    assert_eq!(before["annexes"][0]["state"], "applying");
    let done = lab.create("foo", "--lease 8h -o json").exit(0).json();
    assert_eq!(done["expires_at"], before["annexes"][0]["expires_at"], "the lease is the one that was begun");
    assert_eq!(lab.cloud().count("CreateStack"), 2, "the set-up and one annex");
    lab.hoist("annex delete foo --yes").exit(0);
}

/// Records a change as a command does that is killed before it asks the cloud.
fn cut_off(lab: &Lab, name: &str, change: impl FnOnce(&mut AnnexSpec)) {
    let state = StateFile::open(&lab.path("state/hoist.db")).unwrap();
    let record = state.find_annex(&name.parse().unwrap()).unwrap();
    let mut spec = record.spec.clone().unwrap();
    change(&mut spec);
    let lock = state.lock_annex(&record.id, &Owner::current()).unwrap();
    let event = AnnexEvent::ApplyIntended { token: format!("cut-off-{}", record.sequence), spec: Box::new(spec) };
    tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(lock.journal().record(&event)).unwrap();
}

#[test]
fn a_change_that_never_reached_the_cloud_is_told_and_gone_on_with() {
    let (Some(aws), near) = (Lab::aws(), Lab::local()) else { return };
    aws.create("foo", "--lease 1h").exit(0);
    near.file("pilot.sh", "#!/bin/sh\nexec sleep 1000\n");
    near.hoist("annex create foo --cloud local --pool-software none --user-data pilot.sh --yes").exit(0);
    for lab in [&aws, &near] {
        let lease_of = |status: serde_json::Value| status["expires_at"].as_str().unwrap().to_owned();
        cut_off(lab, "foo", |spec| spec.count = 3);
        let ran = lab.hoist("annex status foo --no-pool").exit(2);
        ran.says_all(&["a change to 3 instances until ", "hoist annex update foo --count 3` goes on with it"]);
        lab.hoist("annex update foo --count 3 --yes").exit(0);
        lab.hoist("annex status foo --no-pool").exit(0).says_all(&["3 of 3 instances running"]);
        // The lease that was meant is not the one that holds.
        let end = Timestamp::from_second(Timestamp::now().as_second() + 48 * 3600).unwrap();
        cut_off(lab, "foo", |spec| spec.expires_at = end);
        assert_ne!(lease_of(lab.hoist("annex status foo --no-pool -o json").exit(2).json()), end.to_string());
        let extend = format!("annex extend foo --yes --expiry {end} -o json");
        let extended = lab.hoist(&extend).exit(0).json();
        assert_eq!(extended["outcome"], "extended");
        assert_eq!(lease_of(lab.hoist("annex status foo --no-pool -o json").exit(0).json()), end.to_string());
        let again = lab.hoist(&extend).exit(0).json();
        assert_eq!(again["outcome"], "unchanged");
        lab.hoist("annex delete foo --yes").exit(0);
    }
}

#[test]
fn a_stack_that_fails_tells_why_and_leaves_nothing() {
    let Some(lab) = Lab::aws() else { return };
    let end = End::Fails("Group0", "no luck");
    lab.cloud().script_stack(StackScript { stack: "hoist-annex-foo", verb: Verb::Create, looks: 1, end });
    let ran = lab.create("foo", "").exit(1);
    assert!(ran.raw_stderr.contains("no luck"), "{}", ran.raw_stderr);
    assert_eq!(lab.hoist("annex list -o json").exit(0).json()["annexes"], json!([]));
    lab.hoist("orphans").exit(0);
    lab.create("foo", "").exit(0);
    lab.hoist("annex delete foo --yes").exit(0);
}

#[test]
fn two_commands_do_not_work_on_one_annex() {
    let Some(lab) = Lab::aws() else { return };
    lab.cloud().script_stack(StackScript { stack: "hoist-annex-foo", verb: Verb::Create, looks: LONG, end: End::Done });
    let child = lab.command(&lab.created("foo", "")).spawn();
    while lab.cloud().count("CreateStack") < 2 {
        std::thread::sleep(std::time::Duration::from_millis(20));
    }
    lab.hoist("annex extend foo --yes --lease 2h").exit(4).says_all(&["annex foo is held by"]);
    lab.hoist("annex status foo --no-pool").exit(2).says_all(&["foo is changing"]);
    assert!(child.kill());
    lab.hoist("annex delete foo --force --yes").exit(0);
}

#[test]
fn jobs_of_a_submission_that_was_killed_are_not_submitted_twice() {
    let (Some(lab), Some(manager)) = (Lab::aws(), manager()) else { return };
    let words = lab.created("killed", "--no-owner --wait none").replace("127.0.0.1", &manager.address);
    let path = format!("{}:/usr/sbin:/usr/bin:/sbin:/bin", manager.programs_of("admin").display());
    lab.command(&words).env("PATH", &path).run().exit(0);
    let file = lab.path("job.sub");
    let text = "executable = /bin/true\nrequest_memory = 16\nrequest_disk = 16\nhold = true\nqueue 3\n";
    lab.file("job.sub", text);
    manager.must("admin", &format!("mkdir -p '{}'", lab.root().display()));
    manager.write(&file, text);
    // Submits, and then whoever called it dies before it hears of that.
    let deadly = format!(
        "#!/bin/sh\n'{}/condor_submit' \"$@\" || exit\ncase \"$*\" in *dry-run*) ;; *) kill -9 $PPID;; esac\n",
        manager.programs_of("admin").display()
    );
    lab.file("deadly/condor_submit", deadly);
    std::fs::set_permissions(lab.path("deadly/condor_submit"), std::fs::Permissions::from_mode(0o755)).unwrap();
    let submit = |path: String| {
        lab.command(&format!("annex submit {} --annex killed -o json", file.display())).env("PATH", path).run()
    };
    let killed = submit(format!("{}:{path}", lab.path("deadly").display()));
    assert_eq!(killed.signal, Some(9), "{killed}");
    let again = submit(path.clone()).exit(0);
    let again = again.says_all(&["an earlier command had submitted them"]).json();
    assert_eq!(again["clusters"][0]["jobs"], 3);
    let ask = "condor_q -all -af ClusterId -constraint 'TargetAnnexName == \"killed\"'";
    assert_eq!(manager.must("admin", ask).lines().count(), 3, "three jobs, once");
    assert!(std::fs::read_dir(lab.path("state/submissions")).unwrap().count() <= 1, "only the lock's file is left");
    lab.command("annex delete killed --yes").env("PATH", &path).run().exit(0);
}
