//! The commands, by the real binary.

use std::io::{BufRead as _, BufReader};
use std::process::Stdio;

use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;

use crate::annex_setup::lab::{Keys, Lab};
use hoist_test_support::aws::{End, Faults, Verb};

#[test]
fn the_set_up_is_made_checked_and_undone_by_commands() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    let hoist = |words: &str| lab.hoist(&Keys::default(), words);
    let missing = hoist("annex check-setup -o json").exit(1).json();
    assert_eq!((&missing["schema"], &missing["status"]), (&1.into(), &"missing".into()));

    let shown = hoist("annex setup --dry-run").exit(2);
    for words in ["would make", "HTCondor (port 9618) from 127.0.0.1/32", "ec2 us-east-1", "account "] {
        assert!(shown.stdout.contains(words), "{words} in {}", shown.stdout);
    }
    assert_eq!(lab.calls("CreateStack").len(), 0);
    hoist("annex setup --from 192.0.2.7").exit(64).says(&["There is nobody to ask", "--yes"]);
    assert_eq!(lab.calls("CreateStack").len(), 0);

    let made = hoist("annex setup --from 192.0.2.7 --from 2001:db8::/32 --ssh --yes -o json").exit(0).json();
    assert_eq!((&made["outcome"], &made["schema"]), (&"made".into(), &1.into()));
    assert_eq!(made["terms"]["from"], serde_json::json!(["192.0.2.7/32", "2001:db8::/32"]));
    assert!(made["bucket"].as_str().unwrap().starts_with("hoist-setup-"));
    let there = hoist("annex check-setup").exit(0).stdout;
    assert!(there.lines().count() == 7 && there.lines().all(|line| line.contains("there")), "{there}");

    hoist("annex setup --from 192.0.2.7 --from 2001:db8::/32 --ssh --dry-run").exit(0);
    let less = hoist("annex setup --from 192.0.2.7 --dry-run").exit(2).stdout;
    assert!(
        less.contains("2001:db8::/32 is not let in any more") && less.contains("SSH is not let in any more"),
        "{less}"
    );
    let changed = hoist("annex setup --from 192.0.2.7 --yes").exit(0).stdout;
    assert!(changed.starts_with("changed the set-up"), "{changed}");
    let same = hoist("annex setup --from 192.0.2.7 --yes").exit(0).stdout;
    assert!(same.contains("like that already"), "{same}");

    lab.annex("night-run");
    hoist("annex setup --delete --yes").exit(1).says(&["an annex lives by it: night-run", "hoist annex delete"]);
    lab.ask("cloudformation", "DeleteStack", &[("StackName", "hoist-annex-night-run")]);
    hoist("annex setup --delete --dry-run").exit(2);
    let gone = hoist("annex setup --delete --yes").exit(0).stdout;
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
        let mut first =
            lab.command(&Keys::default(), setup).stderr(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let told = BufReader::new(first.stderr.take().unwrap()).lines();
        let process = Pid::from_raw(first.id().try_into().unwrap());
        let told: Vec<String> = told
            .map(Result::unwrap)
            .inspect(|line| {
                if line.contains("create in progress") {
                    kill(process, signal).unwrap();
                }
            })
            .collect();
        assert_eq!(first.wait().unwrap().code(), Some(code), "{told:?}");
        assert!(told.iter().any(|line| line.contains("the same command again goes on with it")), "{told:?}");
        let again = lab.hoist(&Keys::default(), setup).exit(0);
        assert!(again.stdout.contains("like that already"), "{}", again.stdout);
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
    hoist("annex setup --from 0.0.0.0/0 --dry-run").exit(2).says(&["warning", "everybody is let in"]);
    hoist("annex setup --from ::/0 --dry-run").exit(2).says(&["everybody is let in"]);
    let here = hoist("annex setup --dry-run").exit(2);
    assert!(!here.stderr.contains("everybody") && !here.stdout.contains("/0"), "{}", here.stdout);
}

#[test]
fn what_is_typed_wrong_is_refused_before_anything_is_asked() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    let hoist = |words: &str| lab.hoist(&Keys::default(), words);
    hoist("annex setup --from 192.0.2.7/24 --yes").exit(64).says(&["192.0.2.0/24"]);
    hoist("annex setup --from here --yes").exit(64).says(&["is no network"]);
    hoist("annex setup --delete --ssh --yes").exit(64).says(&["cannot be used with"]);
    hoist("annex policy").exit(64).says(&["--for"]);
    assert_eq!(lab.proxy.calls().len(), 0);
    hoist("annex setup --vpc vpc-00000000000000bad --from 192.0.2.7 --yes").exit(1).says(&["vpc-00000000000000bad"]);
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
}
