//! What `hoist orphans` asks, what it says, and that following its hints does what they promise.

use std::fs;

use crate::lab::Lab;
use hoist_test_support::ran::Ran;

const PLAN: &str =
    "name = \"demo\"\n[defaults]\ncloud = \"local\"\n[[levels]]\n[levels.services.web]\nboot = \"true.sh\"\n";

/// The commands that are offered, without what is said of them.
fn offered(ran: &Ran) -> Vec<String> {
    let commands =
        ran.stderr.lines().filter_map(|line| line.trim_start().trim_start_matches("try: ").split("  ").next());
    commands.filter(|line| line.starts_with("hoist orphans")).map(str::to_owned).collect()
}

/// Runs a command that was offered, as a person does who types it.
fn follow(lab: &Lab, command: &str) -> Ran {
    lab.shell(&command.replacen("hoist", "\"$HOIST\" --yes", 1)).run()
}

#[test]
fn a_cloud_that_no_run_launched_on_need_not_answer() {
    let lab = Lab::new();
    lab.program("true.sh", "exit 0");
    lab.file("top.conf", "[runlevels]\nlevel1: one.conf\n");
    lab.file("one.conf", "[svc-here]\nhostname: localhost\nlocal_exe: True\nreadypgm: true.sh\n");
    lab.hoist("plan boot top.conf --name here").exit(0);
    let ran = lab.hoist("orphans").exit(0);
    assert!(ran.stdout.contains("no orphans in local") && ran.stderr.is_empty(), "{ran}");
    // A region alone says nothing of an account; whoever names one, or has credentials, wants it asked.
    let region = lab.hoist("orphans").env("AWS_REGION", "us-east-1").exit(0);
    assert!(region.stderr.contains("was not asked, and no run launches there"), "{region}");
    lab.file("home/.aws/config", "[default]\nregion = us-east-1\n");
    lab.hoist("orphans").exit(0);
    let ran = lab.hoist("orphans --region us-east-1").exit(3);
    assert!(ran.stderr.contains("could not ask ec2 us-east-1"), "{ran}");
    assert_eq!(offered(&ran), ["hoist orphans --region us-east-1"], "{ran}");
    lab.file("home/.aws/config", "[default]\nregion = us-east-1\ncredential_process = false\n");
    lab.hoist("orphans").exit(3);
    fs::remove_file(lab.path("home/.aws/config")).unwrap();
    let nowhere = |words: &str| {
        lab.hoist(words)
            .env("AWS_ACCESS_KEY_ID", "AKIAIOSFODNN7EXAMPLE")
            .env("AWS_SECRET_ACCESS_KEY", "secret")
            .env("AWS_REGION", "us-east-1")
            .env("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    };
    let ran = nowhere("orphans").exit(3);
    assert!(ran.stderr.contains("could not ask ec2"), "{ran}");
    // Also where there is no record any more.
    lab.hoist("plan terminate here").exit(0);
    fs::remove_dir_all(lab.path("state")).unwrap();
    let ran = nowhere("orphans").exit(3);
    assert!(ran.stderr.contains("could not ask ec2"), "{ran}");
}

#[test]
fn what_another_state_file_looks_after_is_ended_by_no_flag_until_the_file_is_gone() {
    let lab = Lab::with_plan(PLAN);
    lab.hoist("plan boot demo.toml").exit(0);
    let other = "--state state/other.db";
    for flags in ["", "--terminate", "--terminate --yes", "--terminate --other-states --all-owners --yes"] {
        let ran = lab.hoist(&format!("orphans {flags} {other}")).exit(0);
        assert!(ran.stdout.contains("looked after:") && ran.stdout.contains("no orphans in local"), "{ran}");
        assert_eq!(offered(&ran), Vec::<String>::new(), "{ran}");
    }
    // Its own file is named in a way that can be followed.
    let ran = lab.hoist(&format!("orphans {other}")).exit(0);
    let command = ran.stdout.split_once('(').unwrap().1.split_once(')').unwrap().0;
    let listed = lab.shell(&command.replace("hoist plan", "\"$HOIST\" plan")).exit(0);
    assert!(listed.stdout.contains("demo"), "{listed}");
    // The file is gone: only who says so ends its machine.
    for file in ["hoist.db", "hoist.db-wal", "hoist.db-shm", "hoist.db-head", "hoist.db-reserve"] {
        let _ = fs::remove_file(lab.path("state").join(file));
    }
    let wanted = ["hoist orphans --terminate --other-states --state state/other.db"];
    assert_eq!(offered(&lab.hoist(&format!("orphans {other}")).exit(2)), wanted);
    for flags in ["--terminate", "--terminate --yes", "--terminate --all-owners --yes"] {
        let ran = lab.hoist(&format!("orphans {flags} {other}")).exit(3);
        assert_eq!(offered(&ran), wanted, "{ran}");
        assert_eq!(lab.instances().len(), 1);
    }
    let asked = lab.hoist(&format!("orphans --terminate --other-states {other}")).exit(64);
    assert!(asked.stderr.contains("There is nobody to ask") && asked.stderr.contains("--yes"), "{asked}");
    assert_eq!(follow(&lab, wanted[0]).code, Some(0));
    lab.hoist(&format!("orphans {other}")).exit(0);
    lab.assert_nothing_runs();
}

#[test]
fn no_way_is_offered_that_a_damaged_record_closes() {
    let lab = Lab::with_plan(PLAN);
    lab.hoist("plan boot demo.toml").exit(0);
    let mut damaged = fs::read(lab.state()).unwrap();
    let at = damaged.windows(8).rposition(|window| window == b"\"booted\"").expect("a record");
    damaged[at + 1] ^= 1;
    fs::write(lab.state(), damaged).unwrap();
    for words in ["orphans", "orphans --terminate --yes", "orphans --terminate --other-states --yes"] {
        let ran = lab.hoist(words).exit(3);
        assert_eq!(offered(&ran), Vec::<String>::new(), "{ran}");
        assert_eq!(lab.instances().len(), 1);
    }
    let ran = lab.hoist("orphans").exit(3);
    let hint = ran.stderr.lines().find(|line| line.contains("once you have looked")).unwrap();
    let (aside, end) = hint.split_once(": mv ").unwrap().1.split_once("; then `").unwrap();
    lab.shell(&format!("mv {aside}")).exit(0);
    assert_eq!(follow(&lab, end.split('`').next().unwrap()).code, Some(0));
    lab.assert_nothing_runs();
    // The place is free for a new file.
    lab.hoist("plan boot demo.toml").exit(0);
    lab.hoist("plan terminate demo").exit(0);
}

#[test]
fn a_file_of_somebody_else_is_not_to_be_moved() {
    let lab = Lab::new();
    lab.file("notes.txt", "not ours ".repeat(100));
    lab.shell("chmod 600 notes.txt").exit(0);
    let ran = lab.hoist("orphans --state notes.txt").exit(3);
    assert!(ran.stderr.contains("--state FILE") && !ran.stderr.contains("mv "), "{ran}");
}
