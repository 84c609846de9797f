//! Leases: machines end by themselves, and everybody can see when.

use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::ec2_runs::lab::Lab;
use hoist_test_support::aws::{Faults, REGION};

fn end_of(lab: &Lab, run: &str, service: &str) -> Timestamp {
    lab.service(run, service)["expires_at"].as_str().expect("it has a lease").parse().unwrap()
}

fn plan(lab: &Lab, more: &str) {
    lab.plan("demo", &format!("[[levels]]\n[levels.services.db]\n[levels.services.web]\nlease = \"3h\"\n{more}"));
}

#[test]
fn a_lease_is_told_to_the_machine_to_its_cloud_and_to_the_user() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    plan(&lab, "");
    let began = Timestamp::now();
    lab.hoist("plan boot demo.toml").exit(0);
    assert_eq!(lab.service("demo", "db")["expires_at"], Value::Null);
    let end = end_of(&lab, "demo", "web");
    let length = end.duration_since(began);
    assert!(length >= SignedDuration::from_hours(3) && length < SignedDuration::from_mins(190), "{length}");

    let id = |service: &str| lab.service("demo", service)["instance_id"].as_str().unwrap().to_owned();
    let (web, db) = (id("web"), id("db"));
    let instances = lab.cloud.instances();
    let tags = |id: &str| &instances.iter().find(|instance| instance.id == id).unwrap().tags;
    let tagged: Timestamp = tags(&web)["hoist:expires-at"].parse().unwrap();
    assert_eq!(tagged.as_second(), end.as_second());
    assert!(!tags(&db).contains_key("hoist:expires-at"));
    let data = String::from_utf8(lab.cloud.user_data(REGION, &web)).unwrap();
    assert!(data.contains("cloud-boothook") && data.contains(&tagged.as_second().to_string()), "{data}");

    let line = format!("the lease of web ends at {}", end.strftime("%Y-%m-%d %H:%M:%S UTC"));
    lab.hoist("plan status demo").exit(0).says_all(&[&line]);
    lab.hoist("plan show demo").exit(0).says_all(&[&line]);
    let status = lab.hoist("plan status demo -o json").exit(0).json();
    assert_eq!(status["levels"][0]["services"][1]["recorded"]["expires_at"], Value::from(end.to_string()));

    // The machine shuts itself down: one with a lease is gone then, one without is stopped.
    lab.cloud.power_off(REGION, &web);
    lab.cloud.power_off(REGION, &db);
    let state = |id: &str| lab.cloud.instances().into_iter().find(|instance| instance.id == id).unwrap().state;
    assert_eq!((state(&web).as_str(), state(&db).as_str()), ("terminated", "stopped"));
    lab.hoist("plan terminate demo --yes").exit(0);
}

#[test]
fn a_lease_on_the_command_line_counts_for_all_and_a_reload_keeps_it() {
    let Some(lab) = Lab::without_machines(Faults::default()) else { return };
    plan(&lab, "");
    lab.hoist("plan boot demo.toml --lease 2h").exit(0).says_all(&["demo is up"]);
    let ends: Vec<Timestamp> = ["db", "web"].map(|service| end_of(&lab, "demo", service)).to_vec();
    assert!(ends.iter().all(|end| end.duration_since(Timestamp::now()) < SignedDuration::from_hours(2)));
    lab.hoist("plan show demo").exit(0).says_all(&["the leases of 2 machines end at"]);

    plan(&lab, "[levels.services.new]\n");
    lab.hoist("plan reload demo.toml").exit(0);
    let of_new = end_of(&lab, "demo", "new").duration_since(Timestamp::now());
    assert!(of_new > SignedDuration::from_mins(110) && of_new < SignedDuration::from_hours(2), "{of_new}");

    // Machines keep the lease that they were launched with.
    plan(&lab, "[levels.services.new]\n[levels.services.newer]\n");
    lab.hoist("plan reload demo.toml --lease 9h").exit(0);
    assert_eq!(["db", "web"].map(|service| end_of(&lab, "demo", service)).to_vec(), ends);
    assert!(end_of(&lab, "demo", "newer").duration_since(Timestamp::now()) > SignedDuration::from_hours(8));
    lab.hoist("plan show demo").exit(0).says_all(&["the first of 4 leases ends at"]);
    lab.hoist("plan terminate demo --yes").exit(0);
}
