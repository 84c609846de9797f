//! Annexes from their making to their end, on AWS.

use serde_json::json;

use crate::annex_cli::lab::{Lab, soon};

#[test]
fn an_annex_lives_and_ends() {
    let Some(lab) = Lab::aws() else { return };
    let made = lab.create("foo", "--count 3 --lease 6h -o json").exit(0).json();
    assert_eq!((&made["outcome"], &made["wanted"], &made["running"]), (&json!("created"), &json!(3), &json!(3)));
    let again = lab.create("foo", "--count 3 --lease 6h -o json").exit(0).json();
    assert_eq!((&again["outcome"], &again["expires_at"]), (&json!("unchanged"), &made["expires_at"]));
    let status = lab.hoist("annex status foo --no-pool -o json").exit(0).json();
    assert_eq!((status["instances"].as_array().unwrap().len(), &status["state"]), (3, &json!("settled")));
    let listed = lab.hoist("annex list -o json").exit(0).json();
    assert_eq!((&listed["annexes"][0]["annex"], &listed["annexes"][0]["state"]), (&json!("foo"), &json!("settled")));
    lab.hoist("annex extend foo --lease 8h").exit(64).says_all(&["There is nobody to ask", "--yes answers with yes"]);
    let extended = lab.hoist("annex extend foo --yes --lease 8h -o json").exit(0).json();
    assert!(extended["expires_at"].as_str() > made["expires_at"].as_str());
    lab.hoist("annex extend foo --yes --lease 1h").exit(64).says_all(&["is earlier than its lease ends", "--shorten"]);
    lab.hoist("annex extend foo --yes --lease 1h --shorten")
        .exit(0)
        .says_all(&["the lease of foo ends at", "WAT (+01:00)"]);
    lab.hoist("annex delete foo --yes").exit(0).says_all(&["foo is gone: nothing is left of it"]);
    lab.hoist("annex delete foo --yes").exit(0).says_all(&["foo was gone already"]);
    lab.hoist("annex status foo").exit(1).says_all(&["foo is gone"]);
    lab.hoist("annex extend foo --yes --lease 1h").exit(1).says_all(&["annex foo has ended", "hoist annex create foo"]);
    assert_eq!(lab.hoist("annex list -o json").exit(0).json()["annexes"], json!([]));
    assert_eq!(lab.hoist("annex list --all -o json").exit(0).json()["annexes"][0]["state"], "ended");
    assert_eq!(lab.create("foo", "-o json").exit(0).json()["outcome"], "created", "the name is free again");
    lab.hoist("annex delete foo --yes").exit(0);
}

#[test]
fn another_annex_of_a_name_is_told_by_its_differences() {
    let Some(lab) = Lab::aws() else { return };
    lab.create("foo", "--count 2 --lease 6h").exit(0);
    lab.create("foo", "--count 3")
        .exit(1)
        .says_all(&["--count is 2, and 3 was asked for", "hoist annex update foo --count N"]);
    lab.create("foo", "--count 2 --idle 0 --owner bob").exit(1).says_all(&[
        "--idle is 900s, and 0 was asked for",
        "--owner is ",
        "hoist annex delete foo",
    ]);
    lab.create("foo", &format!("--count 2 --expiry '{}'", soon()))
        .exit(1)
        .says_all(&["--expiry is ", "hoist annex extend foo"]);
    lab.hoist("annex create foo --cloud local --pool-software none")
        .exit(1)
        .says_all(&["there is an annex foo already, on ec2"]);
    lab.hoist("annex delete foo --yes").exit(0);
}

#[test]
fn an_annex_is_changed_while_it_is_up() {
    let Some(lab) = Lab::aws() else { return };
    lab.create("foo", "--count 2").exit(0);
    let grown = lab.hoist("annex update foo --count 4 --yes -o json").exit(0).json();
    assert_eq!((&grown["outcome"], &grown["wanted"], &grown["running"]), (&json!("updated"), &json!(4), &json!(4)));
    let same = lab.hoist("annex update foo --count 4 --yes -o json").exit(0).json();
    assert_eq!(same["outcome"], "unchanged");
    lab.hoist("annex delete foo --yes").exit(0);
}

#[test]
fn several_annexes_are_deleted_at_once_and_foo_is_not_foobar() {
    let Some(lab) = Lab::aws() else { return };
    for name in ["foo", "foobar", "foobaz"] {
        lab.create(name, "").exit(0);
    }
    lab.hoist("annex delete foo foobaz foo")
        .exit(64)
        .says_all(&["Delete annexes foo (1 instance), foobaz (1 instance)?", "--yes"]);
    let deleted = lab.hoist("annex delete foo foobaz foo --yes -o json").exit(0).json();
    assert_eq!(deleted["annexes"].as_array().unwrap().len(), 2);
    let status = lab.hoist("annex status --no-pool -o json").exit(0).json();
    assert_eq!((status["annexes"].as_array().unwrap().len(), &status["annexes"][0]["annex"]), (1, &json!("foobar")));
    lab.hoist("annex delete nobody foobar --yes").exit(1).says_all(&["there is no annex named nobody"]);
    lab.hoist("annex delete foobar --yes").exit(0);
}

#[test]
fn an_annex_that_ended_without_us_is_told_and_made_anew() {
    let Some(lab) = Lab::aws() else { return };
    let first = lab.create("foo", "-o json").exit(0).json();
    // The same user with another state file.
    let elsewhere = lab.command("orphans --terminate --other-states --yes");
    elsewhere.env("HOIST_STATE", lab.path("other/hoist.db")).exit(0);
    lab.hoist("annex status foo --no-pool").exit(1).says_all(&["foo is gone", "hoist annex delete foo"]);
    for words in ["extend foo --lease 2h", "update foo --count 2 --yes", "drain foo --count 1"] {
        lab.hoist(&format!("annex {words}")).exit(1).says_all(&["foo", "hoist annex create foo … "]);
    }
    let second = lab.create("foo", "-o json").exit(0).says_all(&["clearing what is left of it"]).json();
    assert_eq!(second["outcome"], "created");
    assert_ne!(first["tag"], second["tag"]);
    lab.hoist("annex delete foo --yes").exit(0);
}
