//! Machines that are there and do not run are neither up nor gone.

use crate::ec2_runs::lab::Lab;
use hoist_test_support::aws::Faults;

fn booted() -> Option<(Lab, String)> {
    let lab = Lab::without_machines(Faults::default())?;
    lab.plan("demo", "[[levels]]\n[levels.services.db]\n[levels.services.web]\n");
    lab.hoist("plan boot demo.toml").exit(0);
    let id = lab.service("demo", "db")["instance_id"].as_str().unwrap().to_owned();
    Some((lab, id))
}

fn change(lab: &Lab, action: &str, id: &str) {
    lab.somebody_asks(hoist_test_support::aws::REGION, action, &[("InstanceId.1", id)]);
}

#[test]
fn a_stopped_machine_is_shown_with_its_word_its_cost_and_what_to_do() {
    let Some((lab, id)) = booted() else { return };
    change(&lab, "StopInstances", &id);
    let ran = lab.hoist("plan status demo").exit(1);
    ran.says_all(&["unhealthy", "stopped", "bills for its disks", "start-instances", "hoist plan repair"]);
    let status = lab.hoist("plan status demo -o json").exit(1).json();
    let service = |name: &str| {
        let services = status["levels"][0]["services"].as_array().unwrap();
        services.iter().find(|service| service["name"] == name).unwrap().clone()
    };
    assert_eq!((service("db")["healthy"].as_bool(), service("web")["healthy"].as_bool()), (Some(false), Some(true)));
    assert_eq!(service("db")["observed"]["instance"], "stopped");
    assert_eq!(service("db")["observed"]["check"], "skipped");
    assert_eq!(status["healthy"], false);
}

#[test]
fn resume_says_so_and_goes_on_once_it_is_started() {
    let Some((lab, id)) = booted() else { return };
    change(&lab, "StopInstances", &id);
    lab.hoist("plan resume demo").exit(1).says_all(&[&id, "is stopped", "start-instances"]);
    // Neither is it gone, nor is another launched.
    assert_eq!(lab.alive().len(), 2);
    lab.hoist("plan resume demo").exit(1).says_all(&["is stopped"]);
    change(&lab, "StartInstances", &id);
    lab.hoist("plan resume demo").exit(0);
    assert_eq!(lab.service("demo", "db")["instance_id"], id);
    lab.hoist("plan status demo").exit(0);
    lab.hoist("plan terminate demo --yes").exit(0);
}

#[test]
fn repair_replaces_it_and_leaves_the_others() {
    let Some((lab, id)) = booted() else { return };
    let web = lab.service("demo", "web")["instance_id"].clone();
    change(&lab, "StopInstances", &id);
    lab.hoist("plan repair demo --yes").exit(0);
    assert_ne!(lab.service("demo", "db")["instance_id"], id);
    assert_eq!(lab.service("demo", "web")["instance_id"], web);
    assert!(!lab.alive().contains(&id), "the stopped one is gone: {:?}", lab.alive());
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}
