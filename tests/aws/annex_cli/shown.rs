//! What is shown before anything is made.

use serde_json::Value;

use crate::annex_cli::lab::{Lab, soon};
use hoist_test_support::aws::IMAGE;

#[test]
fn a_dry_run_shows_the_request_and_its_cost_and_makes_nothing() {
    let Some(lab) = Lab::aws() else { return };
    let soon = soon();
    let words = format!("--count 3 --max-price 0.06 --expiry '{soon}' --tag team=night --dry-run");
    let disk = "type=t3.small,disk=72G,disk-price=0.1";
    let created = |words: &str| lab.hoist(&lab.created("foo", words).replace("type=t3.small", disk));
    let shown = created(&words).exit(0).says_all(&[
        "annex foo",
        &format!("3, spot: 3 × t3.small from {IMAGE}, at most $0.06 an hour"),
        "ec2 us-east-1",
        &format!("until {soon}:00 WAT (+01:00)"),
        "$0.21 an hour",
        "lab at 127.0.0.1, by their private addresses",
        "an instance without a job for 15 m ends by itself",
        "nothing was made and nothing is recorded",
    ]);
    let request: Value = serde_json::from_str(&shown.raw_stdout).unwrap();
    let template = request["template"].to_string();
    assert!(template.contains("AWS::AutoScaling::AutoScalingGroup") && template.contains("AWS::Scheduler::Schedule"));
    assert!(request["parameters"].to_string().contains("hoist-annex-foo"));
    let document = created(&format!("{words} -o json")).exit(0).json();
    assert_eq!(document["dry_run"], true);
    assert_eq!(document["cost"]["at_most"]["per_hour"], "0.21");
    assert_eq!(document["request"]["template"], request["template"]);
    lab.assert_nothing_was_made();
}

#[test]
fn what_machines_are_to_have_is_shown() {
    let Some(lab) = Lab::aws() else { return };
    let words = lab
        .created("foo", "--docker --let-run-out --count 5 --dry-run")
        .replace("type=t3.small", "type=t3.small,disk=100G,market=spot:80+on-demand:20");
    lab.hoist(&words).exit(0).says_all(&[
        &format!("5: 5 × t3.small from {IMAGE}, 100 GiB of disk, 20 of a hundred on demand, the rest spot"),
        "containers",
        "Docker",
        "nothing renews it, and jobs begin until then",
    ]);
    lab.assert_nothing_was_made();
}

#[test]
fn nothing_is_made_before_somebody_agrees() {
    let Some(lab) = Lab::aws() else { return };
    let words = lab.created("foo", "").replace("--yes", "");
    lab.hoist(&words).exit(64).says_all(&["instances", "lease", "Make annex foo?", "--yes answers with yes"]);
    lab.assert_nothing_was_made();
}

#[test]
fn the_old_lists_make_the_same_pools() {
    let Some(lab) = Lab::aws() else { return };
    let common = "--pool-software none --dry-run -o json";
    let lists = format!(
        "annex create foo --image-ids {IMAGE},{IMAGE} --instance-types t3.small,t3.large --spot-prices 0.06,0.07 --count 3 {common}"
    );
    let pools = format!(
        "annex create foo --pool image={IMAGE},type=t3.small,price=0.06 --pool image={IMAGE},type=t3.large,price=0.07 --count 3 {common}"
    );
    let request = |words: &str| lab.hoist(words).exit(0).json()["request"]["template"]["Resources"]["Group1"].clone();
    assert!(request(&lists).is_object());
    assert_eq!(
        request(&lists)["Properties"]["MixedInstancesPolicy"],
        request(&pools)["Properties"]["MixedInstancesPolicy"]
    );
}
