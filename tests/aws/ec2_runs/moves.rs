//! Machines that are stopped and started: they come back at another address.

use serde_json::json;

use crate::ec2_runs::lab::Lab;
use hoist_test_support::aws::Faults;
use hoist_test_support::machine::CloudInit;

/// `web` is told the address of `db`.
fn booted() -> Option<Lab> {
    let lab = Lab::new(Faults::default(), CloudInit::Fast)?;
    lab.program("db.sh", "echo x >> /var/tmp/boots");
    lab.program("web.sh", "echo \"$1\" >> /var/tmp/told");
    lab.program("ready.sh", "test -s /var/tmp/boots || test -s /var/tmp/told");
    lab.plan(
        "demo",
        "[[levels]]\n[levels.services.db]\nboot = \"db.sh\"\nready = \"ready.sh\"\n[[levels]]\n[levels.services.web]\n\
         boot = { program = \"web.sh\", args = [\"${db.address}\"] }\nready = \"ready.sh\"\n",
    );
    lab.hoist("plan boot demo.toml").exit(0);
    Some(lab)
}

fn id(lab: &Lab, service: &str) -> String {
    lab.service("demo", service)["instance_id"].as_str().unwrap().to_owned()
}

/// Stops and starts the machine of `db`; gives its address before and after.
fn restart_db(lab: &Lab) -> (String, String) {
    let before = lab.service("demo", "db")["address"].as_str().unwrap().to_owned();
    let id = id(lab, "db");
    let after = lab.yard.restart(&id);
    lab.cloud.move_to("us-east-1", &id, &after);
    (before, after)
}

fn told(lab: &Lab) -> String {
    lab.yard.with(&id(lab, "web"), |machine| std::fs::read_to_string(machine.file("/var/tmp/told")).unwrap())
}

#[test]
fn status_asks_the_new_address_and_records_nothing() {
    let Some(lab) = booted() else { return };
    let (before, after) = restart_db(&lab);
    for _ in 0..2 {
        let told = format!("! db is at {after} now; {before} is recorded");
        let stale = format!("! web was configured with ${{db.address}} = {before}, which is {after} now");
        lab.hoist("plan status demo").exit(2).says_all(&["demo is up, degraded", &told, &stale]);
    }
    let status = lab.hoist("plan status demo -o json").exit(2).json();
    let db = &status["levels"][0]["services"][0];
    assert_eq!((&db["recorded"]["address"], &db["observed"]["address"]), (&json!(before), &json!(after)));
    assert_eq!((&db["healthy"], &db["observed"]["check"]), (&json!(true), &json!("passed")));
    let web = &status["levels"][1]["services"][0];
    assert_eq!(web["stale"], json!([{ "reference": "${db.address}", "then": before, "now": after }]));
    lab.hoist("plan terminate demo --yes").exit(0);
    assert_eq!(lab.alive(), Vec::<String>::new());
}

#[test]
fn resume_and_repair_take_the_new_address_up_and_replace_nothing() {
    for command in ["plan resume demo", "plan repair demo"] {
        let Some(lab) = booted() else { return };
        let machines = lab.alive();
        let (before, after) = restart_db(&lab);
        let moved = format!("db has another address: {after}");
        lab.hoist(command).exit(0).says_all(&[&moved, "web was configured with"]);
        assert_eq!(lab.service("demo", "db")["address"], after.as_str(), "{command}");
        assert_eq!((lab.alive(), told(&lab)), (machines.clone(), format!("{before}\n")), "{command}");
        lab.hoist("plan status demo").exit(2);

        lab.hoist("plan repair demo --with-dependents --yes").exit(0);
        assert_eq!((lab.alive(), told(&lab)), (machines, format!("{before}\n{after}\n")), "{command}");
        lab.hoist("plan status demo").exit(0);
        let history = lab.hoist("plan history demo -o json").exit(0).json();
        assert_eq!(history["machines"][0]["address"], after.as_str());
        lab.hoist("plan terminate demo --yes").exit(0);
        assert_eq!(lab.alive(), Vec::<String>::new());
    }
}
