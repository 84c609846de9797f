//! The commands, by the real binary.

use hoist::cloud::aws::annex::{Audience, policy};
use nix::sys::signal::Signal;

use crate::annex_setup::lab::{Keys, Lab};
use hoist_test_support::aws::{End, Faults, REGION, Verb};
use hoist_test_support::eventually::eventually;

#[test]
fn the_set_up_is_made_checked_and_undone_by_commands() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    let hoist = |words: &str| lab.hoist(&Keys::default(), words);
    let missing = hoist("annex check-setup -o json").exit(1).json();
    assert_eq!((&missing["schema"], &missing["status"]), (&1.into(), &"missing".into()));

    let shown = hoist("annex setup --dry-run").exit(2);
    for words in ["would make", "HTCondor (port 9618) from 127.0.0.1/32", "ec2 us-east-1", "account "] {
        assert!(shown.raw_stdout.contains(words), "{words} in {}", shown.raw_stdout);
    }
    assert_eq!(lab.calls("CreateStack").len(), 0);
    hoist("annex setup --from 192.0.2.7").exit(64).tells_all(&["There is nobody to ask", "--yes"]);
    assert_eq!(lab.calls("CreateStack").len(), 0);

    let made = hoist("annex setup --from 192.0.2.7 --from 2001:db8::/32 --ssh --yes -o json").exit(0).json();
    assert_eq!((&made["outcome"], &made["schema"]), (&"made".into(), &1.into()));
    assert_eq!(made["terms"]["from"], serde_json::json!(["192.0.2.7/32", "2001:db8::/32"]));
    assert!(made["bucket"].as_str().unwrap().starts_with("hoist-setup-"));
    let there = hoist("annex check-setup").exit(0).raw_stdout;
    assert!(there.lines().count() == 7 && there.lines().all(|line| line.contains("there")), "{there}");

    hoist("annex setup --from 192.0.2.7 --from 2001:db8::/32 --ssh --dry-run").exit(0);
    let less = hoist("annex setup --from 192.0.2.7 --dry-run").exit(2).raw_stdout;
    assert!(
        less.contains("2001:db8::/32 is not let in any more") && less.contains("SSH is not let in any more"),
        "{less}"
    );
    let changed = hoist("annex setup --from 192.0.2.7 --yes").exit(0).raw_stdout;
    assert!(changed.starts_with("changed the set-up"), "{changed}");
    let same = hoist("annex setup --from 192.0.2.7 --yes").exit(0).raw_stdout;
    assert!(same.contains("like that already"), "{same}");

    lab.annex("night-run");
    hoist("annex setup --delete --yes").exit(1).tells_all(&["an annex lives by it: night-run", "hoist annex delete"]);
    lab.ask("cloudformation", "DeleteStack", &[("StackName", "hoist-annex-night-run")]);
    hoist("annex setup --delete --dry-run").exit(2);
    let gone = hoist("annex setup --delete --yes").exit(0).raw_stdout;
    assert!(gone.starts_with("deleted the set-up"), "{gone}");
    let none = hoist("annex setup --delete --yes -o json").exit(0).json();
    assert_eq!(none["outcome"], "nothing");
}

#[test]
fn a_command_that_is_interrupted_is_gone_on_with_by_the_next() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    for (signal, code) in [(Signal::SIGINT, 130), (Signal::SIGTERM, 143)] {
        lab.script(Verb::Create, 3, End::Done);
        let setup = "annex setup --from 192.0.2.7 --yes";
        let first = lab.command(&Keys::default(), setup).spawn();
        eventually("the stack is being made", || first.stderr().contains("create in progress").then_some(()));
        first.signal(signal);
        first.wait().exit(code).tells_all(&["the same command again goes on with it"]);
        let again = lab.hoist(&Keys::default(), setup).exit(0);
        assert!(again.raw_stdout.contains("like that already"), "{}", again.raw_stdout);
        lab.hoist(&Keys::default(), "annex setup --delete --yes").exit(0);
    }
    assert_eq!(lab.calls("CreateStack").len(), 2);
}

#[test]
fn a_set_up_that_somebody_changed_has_an_exit_code_of_its_own() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    let hoist = |words: &str| lab.hoist(&Keys::default(), words);
    let made = hoist("annex setup --from 192.0.2.7 --yes -o json").exit(0).json();
    lab.proxy.bucket_named(made["bucket"].as_str().unwrap()).remove("?publicAccessBlock");
    let changed = hoist("annex check-setup -o json").exit(2).json();
    assert_eq!(changed["status"], "changed");
    let bucket = changed["things"].as_array().unwrap().iter().find(|thing| thing["what"] == "Bucket").unwrap();
    assert_eq!(bucket["status"], "changed");
}

#[test]
fn everybody_is_let_in_only_when_that_is_said_and_with_a_warning() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    let hoist = |words: &str| lab.hoist(&Keys::default(), words);
    hoist("annex setup --from 0.0.0.0/0 --dry-run").exit(2).tells_all(&["warning", "everybody is let in"]);
    hoist("annex setup --from ::/0 --dry-run").exit(2).tells_all(&["everybody is let in"]);
    let here = hoist("annex setup --dry-run").exit(2);
    assert!(!here.raw_stderr.contains("everybody") && !here.raw_stdout.contains("/0"), "{}", here.raw_stdout);
}

#[test]
fn what_is_typed_wrong_is_refused_before_anything_is_asked() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    let hoist = |words: &str| lab.hoist(&Keys::default(), words);
    hoist("annex setup --from 192.0.2.7/24 --yes").exit(64).tells_all(&["192.0.2.0/24"]);
    hoist("annex setup --from here --yes").exit(64).tells_all(&["is no network"]);
    hoist("annex setup --delete --ssh --yes").exit(64).tells_all(&["cannot be used with"]);
    hoist("annex policy").exit(64).tells_all(&["--for"]);
    assert_eq!(lab.proxy.calls().len(), 0);
    hoist("annex setup --vpc vpc-00000000000000bad --from 192.0.2.7 --yes")
        .exit(1)
        .tells_all(&["vpc-00000000000000bad"]);
    assert_eq!(lab.calls("CreateStack").len(), 0);
}

#[test]
fn policies_are_data_for_this_account() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    for who in ["admin", "user"] {
        let policy = lab.hoist(&Keys::default(), &format!("annex policy --for {who}")).exit(0).json();
        assert_eq!(policy["Version"], "2012-10-17");
        let text = policy.to_string();
        assert!(text.contains(&format!(":us-east-1:{}:stack/hoist-", lab.proxy.account())), "{text}");
    }
    let hers = lab.hoist(&Keys::default(), "annex policy --for user --prefix ada-").exit(0).json();
    assert_eq!(hers, policy(Audience::User, "aws", REGION, lab.proxy.account(), "ada-"));
    lab.hoist(&Keys::default(), "annex policy --for admin --prefix ada-").exit(64).tells_all(&["--for user"]);
    lab.hoist(&Keys::default(), "annex policy --for user --prefix ada*").exit(64).tells_all(&["letters, digits"]);
}
