//! The files that an annex is given: what is in them counts, and a lease is renewed without them.

use std::fs;

use serde_json::{Value, json};

use crate::annex_cli::lab::Lab;
use hoist_test_support::judges::scrambled;

/// The user data that the group launches with, by CloudFormation's template.
fn user_data(lab: &Lab, name: &str) -> String {
    let found =
        lab.cloud().ask_service("cloudformation", "GetTemplate", &[("StackName", &format!("hoist-annex-{name}"))]);
    let template: Value = serde_json::from_str(found.get("GetTemplateResult/TemplateBody")).unwrap();
    template["Resources"]["Template0"]["Properties"]["LaunchTemplateData"]["UserData"].as_str().unwrap().to_owned()
}

/// What the machines of the only annex there is read as the pool's password.
fn stored_password(lab: &Lab) -> String {
    let setup = lab.cloud().ask_service("cloudformation", "DescribeStacks", &[("StackName", "hoist-setup")]);
    let outputs = setup.items("DescribeStacksResult/Stacks/member/Outputs");
    let bucket = outputs.iter().find(|output| output.get("OutputKey") == "Bucket").unwrap();
    let bucket = lab.cloud().bucket_named(bucket.get("OutputValue"));
    let key = bucket.keys().into_iter().find(|key| key.ends_with("/pool-key")).unwrap();
    // HTCondor scrambles what it keeps.
    String::from_utf8(scrambled(&bucket.content(&key))).unwrap()
}

#[test]
fn a_lease_is_renewed_when_the_files_that_the_annex_was_made_of_are_gone_or_others() {
    let Some(lab) = Lab::aws() else { return };
    lab.file("a.conf", "A = 1\n");
    lab.file("own.sh", "#!/bin/sh\ntrue\n");
    lab.create("foo", "--count 2 --config-file a.conf --user-data own.sh").exit(0);
    let before = user_data(&lab, "foo");
    lab.file("a.conf", "A = 2\n");
    lab.hoist("annex extend foo --yes --lease 5h").exit(0);
    assert!(user_data(&lab, "foo") == before, "only the lease is another one");
    for name in ["a.conf", "own.sh", "password"] {
        fs::remove_file(lab.path(name)).unwrap();
    }
    let seen = lab.hoist("annex extend foo --yes --lease 6h -o json").exit(0).json();
    let status = lab.hoist("annex status foo --no-pool -o json").exit(0).json();
    assert_eq!((&status["expires_at"], &status["wanted"]), (&seen["expires_at"], &json!(2)));
    assert!(user_data(&lab, "foo") == before);
    lab.hoist("annex update foo --files --yes").exit(1).says_all(&["cannot read", "nothing was changed"]);
    lab.hoist("annex delete foo --yes").exit(0);
}

#[test]
fn what_is_in_the_files_counts_and_new_instances_get_what_they_hold_now() {
    let Some(lab) = Lab::aws() else { return };
    lab.file("a.conf", "A = 1\n");
    let words = "--config-file a.conf";
    lab.create("foo", words).exit(0);
    assert_eq!(lab.create("foo", &format!("{words} -o json")).exit(0).json()["outcome"], "unchanged");
    let before = user_data(&lab, "foo");
    lab.file("a.conf", "A = 2\n");
    lab.create("foo", words).exit(1).says_all(&[
        "--config-file is ",
        "a.conf (SHA-256 ",
        "hoist annex update foo --files",
    ]);
    lab.hoist("annex update foo --files --yes")
        .exit(0)
        .says_all(&["instances that are launched from now on have them"]);
    assert!(user_data(&lab, "foo") != before, "the configuration is another file in the bucket");
    assert_eq!(lab.create("foo", &format!("{words} -o json")).exit(0).json()["outcome"], "unchanged");
    assert_eq!(lab.hoist("annex update foo --files --yes -o json").exit(0).json()["outcome"], "unchanged");
    // A password that was replaced is stored anew, though nobody compares what it is.
    lab.file("password", "anotherPassword");
    assert_eq!(lab.create("foo", &format!("{words} -o json")).exit(0).json()["outcome"], "unchanged");
    lab.hoist("annex update foo --files --yes").exit(0);
    assert_eq!(stored_password(&lab), "anotherPassword");
    lab.hoist("annex delete foo --yes").exit(0);
}

#[test]
fn the_same_on_this_machine() {
    let lab = Lab::local();
    lab.file("pilot.sh", "#!/bin/sh\nexec sleep 1000\n");
    let words = "annex create here --cloud local --pool-software none --user-data pilot.sh --yes -o json";
    lab.hoist(words).exit(0);
    lab.file("pilot.sh", "#!/bin/sh\necho another > $HOME/which\nexec sleep 1000\n");
    lab.hoist(words).exit(1).says_all(&["--user-data is ", "hoist annex update here --files"]);
    lab.hoist("annex update here --files --yes").exit(0);
    assert_eq!(lab.hoist(words).exit(0).json()["outcome"], "unchanged");
    fs::remove_file(lab.path("pilot.sh")).unwrap();
    lab.hoist("annex extend here --yes --lease 5h").exit(0);
    lab.hoist("annex delete here --yes").exit(0);
}
