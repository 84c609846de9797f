//! Annexes on the local cloud.

use nix::sys::signal::Signal;
use serde_json::json;

use crate::annex_cli::lab::Lab;
use crate::annex_kill::local::processes;
use hoist_test_support::eventually::eventually;

#[test]
fn an_annex_lives_and_ends_on_this_machine() {
    let lab = Lab::local();
    lab.file("pilot.sh", "#!/bin/sh\necho begun\nexec sleep 1000\n");
    let words = "annex create here --cloud local --pool-software none --user-data pilot.sh --count 2";
    lab.hoist(&format!("{words} --dry-run")).exit(0).says_all(&["2: processes on this machine", "nothing", "local"]);
    lab.assert_nothing_was_made();
    let made = lab.hoist(&format!("{words} --yes -o json")).exit(0).json();
    assert_eq!((&made["outcome"], &made["running"]), (&json!("created"), &json!(2)));
    assert_eq!(lab.hoist(&format!("{words} --yes -o json")).exit(0).json()["outcome"], "unchanged");
    lab.hoist("annex status here").exit(0).says_all(&["here is settled: 2 of 2 instances running"]);
    assert_eq!(lab.hoist("annex update here --count 3 --yes -o json").exit(0).json()["running"], 3);
    let status = lab.hoist("annex status -o json").exit(0).json();
    let chosen = status["annexes"][0]["instances"][1]["id"].as_str().unwrap().to_owned();
    lab.hoist(&format!("annex drain here --yes --instance {chosen}")).exit(0);
    let left = lab.hoist("annex status here -o json").exit(0).json();
    let running = left["instances"].as_array().unwrap().iter().filter(|row| row["state"] == "running");
    assert!(running.clone().all(|row| row["id"] != chosen.as_str()) && running.count() == 2, "{left:#}");
    lab.hoist("annex extend here --yes --lease 5h").exit(0);
    lab.hoist("annex list").exit(0).says_all(&["here", "settled", "local", "left"]);
    lab.hoist("orphans").exit(0);
    lab.hoist("annex delete here --yes").exit(0).says_all(&["here is gone: nothing is left of it"]);
}

#[test]
fn a_lease_that_runs_out_is_not_renewed() {
    let lab = Lab::local();
    let words = "annex create here --cloud local --pool-software none --let-run-out --lease 4h";
    lab.hoist(&format!("{words} --yes")).exit(0).says_all(&["nothing renews it"]);
    lab.hoist(&format!("{words} --yes -o json")).exit(0);
    lab.hoist("annex extend here --lease 9h --yes").exit(5).says_all(&["--let-run-out", "the lease is as it was"]);
    lab.hoist("annex status here").exit(0).says_all(&["its lease runs out"]);
    lab.hoist("annex extend here --lease 1h --shorten --yes").exit(0);
    let other = words.replace(" --let-run-out", "");
    lab.hoist(&format!("{other} --yes")).exit(1).says_all(&["--let-run-out is true, and false was asked for"]);
    lab.hoist("annex delete here --yes").exit(0);
}

#[test]
fn more_than_this_machine_holds_is_refused() {
    let lab = Lab::local();
    let words = "annex create here --cloud local --pool-software none --yes --count 4000000000";
    lab.hoist(words).exit(5).says_all(&["too many for this machine", "nothing was made"]);
    lab.assert_nothing_was_made();
}

#[test]
fn what_means_nothing_here_is_told() {
    let lab = Lab::local();
    let words = "annex create here --cloud local --pool-software none --vpc vpc-1 --keypair me --market spot \
                 --max-price 3 --no-public-address --security-group sg-1 --metadata-hop-limit 2";
    let told = "the local cloud does nothing with --max-price, --vpc, --security-group, --keypair, --market, --metadata-hop-limit, --no-public-address: its instances";
    let shown = lab.hoist(&format!("{words} --dry-run")).exit(0).says_all(&[told]);
    for name in ["network vpc-1", "key me", "security group sg-1"] {
        assert!(!shown.all().contains(name), "{name} in {}", shown.all());
    }
    lab.hoist(&format!("{words} --yes")).exit(0).says_all(&[told]);
    let told = "the local cloud does nothing with --pool, --max-price";
    lab.hoist("annex update here --pool image=ami-1,type=t3.small --max-price 1 --yes").exit(0).says_all(&[told]);
    lab.hoist("annex delete here --yes").exit(0);
}

#[test]
fn instances_that_ended_by_themselves_are_told_and_come_back_when_they_are_asked_for() {
    let lab = Lab::local();
    lab.file(
        "pilot.sh",
        "#!/bin/sh\nwhile [ ! -e \"$HOME/go\" ]; do sleep 0.05; done\nkill -USR2 $PPID\nexec sleep 1000\n",
    );
    let words = "annex create here --cloud local --pool-software none --user-data pilot.sh --count 2 --yes -o json";
    lab.hoist(words).exit(0);
    let wanted = || lab.hoist("annex status here -o json").json()["wanted"].as_u64().unwrap();
    let turn_one_off = || {
        let status = lab.hoist("annex status here -o json").exit(0).json();
        let mut rows = status["instances"].as_array().unwrap().iter();
        let id = rows.find(|row| row["state"] == "running").unwrap()["id"].as_str().unwrap();
        lab.file(&format!("state/local/instances/{id}/home/go"), "");
        eventually("it has turned itself off", || (wanted() == 1).then_some(()));
    };
    turn_one_off();
    let told =
        "1 of its 2 instances has ended, for want of jobs or otherwise; `hoist annex update here --count 2` brings";
    assert_eq!(lab.hoist(words).exit(0).says_all(&[told]).json()["outcome"], "unchanged");
    // What is asked for by number comes back, and by nothing else.
    lab.hoist("annex update here --files --yes").exit(0);
    assert_eq!(wanted(), 1);
    let grown = lab.hoist("annex update here --count 2 --yes -o json").exit(0).json();
    assert_eq!((&grown["outcome"], &grown["running"]), (&json!("updated"), &json!(2)));
    turn_one_off();
    lab.hoist("annex extend here --yes --lease 5h").exit(0);
    assert_eq!(wanted(), 1);
    assert_eq!(lab.hoist("annex update here --count 2 --yes -o json").exit(0).json()["running"], 2);
    lab.hoist("annex delete here --yes").exit(0);
}

#[test]
fn a_session_outlives_every_ctrl_c_and_sigterm_or_a_lost_terminal_ends_all_of_it() {
    let lab = Lab::local();
    lab.hoist("annex create here --cloud local --pool-software none --yes").exit(0);
    lab.hoist("annex ssh here --user me --key password -- true")
        .exit(0)
        .says_all(&["--user does nothing on the local cloud", "--key does nothing on the local cloud"]);
    // The command and its child take no notice of anything but SIGKILL; by a word of theirs they are found.
    let mark = lab.path("mark");
    let script = format!("trap '' INT TERM HUP; sh -c \"echo began; : '{}'; sleep 600\"", mark.display());
    for ending in [Signal::SIGTERM, Signal::SIGHUP] {
        let mut session = lab.command("annex ssh here").args(["--", "sh", "-c", script.as_str()]).spawn();
        eventually("the command runs", || session.stdout().contains("began").then_some(()));
        for _ in 0..3 {
            session.signal(Signal::SIGINT);
        }
        assert!(!session.is_over(), "Ctrl-C is for the command");
        session.signal(ending);
        assert_eq!(session.wait().code, Some(143));
        eventually("nothing of it is left", || processes(&mark).is_empty().then_some(()));
    }
    lab.hoist("annex delete here --yes").exit(0);
}
