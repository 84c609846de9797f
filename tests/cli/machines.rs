//! Machines beside their records: terminated one by one, forgotten by a restored record, dead.

use std::fs;

use serde_json::json;

use crate::lab::Lab;

const PLAN: &str = "[[levels]]\n[levels.services.web]\n[levels.services.db]\n";

#[test]
fn every_machine_of_a_run_can_be_terminated_and_repaired() {
    let lab = Lab::with_plan(PLAN);
    lab.hoist("plan boot demo.toml").exit(0);
    lab.hoist("plan history demo --terminate").exit(64).stderr(
        "hoist: Terminate 2 machines? There is nobody to ask.
  try: --yes answers with yes
",
    );
    assert_eq!(lab.instances().len(), 2, "nothing was done");
    let ended = lab.hoist("plan history demo --terminate --yes").exit(0);
    assert_eq!(
        ended.stderr,
        "terminated INSTANCE
terminated INSTANCE
the run's records follow with: hoist plan repair demo, or hoist plan terminate demo
"
    );
    lab.assert_nothing_runs();
    lab.hoist("plan status demo").exit(1).says("  1 level1  web  ready  TIME  terminated  gone  ADDRESS\n");
    lab.hoist("plan repair demo").exit(0);
    lab.hoist("plan status demo").exit(0);
    assert_eq!(lab.instances().len(), 2);
    let history = lab.hoist("plan history demo -o json").exit(0).json();
    let mut fates: Vec<&str> =
        history["machines"].as_array().unwrap().iter().map(|machine| machine["observed"].as_str().unwrap()).collect();
    fates.sort_unstable();
    assert_eq!(fates, ["running", "running", "terminated", "terminated"]);
}

#[test]
fn machines_that_the_record_does_not_know_are_cleaned_away() {
    let lab = Lab::with_plan(PLAN);
    lab.hoist("plan boot demo.toml").exit(0);
    let record = fs::read(lab.state()).unwrap();
    let dead = lab.service("demo", "web")["instance_id"].as_str().unwrap().to_owned();
    crate::examples::kill_instance_of(&lab, "demo", "web");
    lab.hoist("plan repair demo").exit(0);
    let unknown = lab.service("demo", "web")["instance_id"].as_str().unwrap().to_owned();
    assert_ne!(dead, unknown);
    // A backup of the state file that is older than the repair.
    // Put back on purpose: the count of commits beside it is of what was lost.
    fs::write(lab.state(), record).unwrap();
    fs::remove_file(lab.path("state/hoist.db-head")).unwrap();

    let line = "INSTANCE on local: running, ADDRESS, launched WHEN";
    let shown = lab.hoist("plan clean demo --dry-run").exit(2).stderr("");
    assert!(shown.stdout.starts_with(line) && shown.raw_stdout.starts_with(&unknown), "{shown}");
    lab.hoist("plan clean demo").exit(64).says("hoist: Terminate 1 machine? There is nobody to ask.\n");
    assert_eq!(lab.instances().len(), 2, "nothing was done");
    let cleaned = lab.hoist("plan clean demo --yes -o json").exit(0).json();
    assert_eq!(cleaned["terminated"], true);
    assert_eq!(cleaned["unused"][0]["instance_id"], unknown);
    assert_eq!(lab.instances().len(), 1);
    assert_eq!(
        lab.hoist("plan clean demo -o json").exit(0).json(),
        json!({ "schema": 1, "run": "demo", "unused": [], "terminated": false })
    );
    lab.hoist("plan repair demo").exit(0);
    lab.hoist("plan status demo").exit(0);
}

#[test]
fn terminate_finds_what_only_the_cloud_knows() {
    let lab = Lab::with_plan(PLAN);
    lab.hoist("plan boot demo.toml").exit(0);
    let record = fs::read(lab.state()).unwrap();
    crate::examples::kill_instance_of(&lab, "demo", "web");
    lab.hoist("plan repair demo").exit(0);
    // Put back on purpose: the count of commits beside it is of what was lost.
    fs::write(lab.state(), record).unwrap();
    fs::remove_file(lab.path("state/hoist.db-head")).unwrap();
    lab.hoist("plan terminate demo").exit(0);
    lab.assert_nothing_runs();
}

#[test]
fn a_service_at_the_address_of_another_runs_on_its_machine() {
    let plan = "[[levels]]\n[levels.services.db]\nboot = \"where.sh\"\n[[levels]]\n[levels.services.copy]\n\
                address = \"${db.address}\"\nboot = \"where.sh\"\nready = \"where.sh\"\n[[levels]]\n\
                [levels.services.again]\naddress = \"${copy.hostname}\"\nready = \"where.sh\"\n";
    let lab = Lab::with_plan(plan);
    lab.program("where.sh", "echo \"on $HOIST_INSTANCE\"");
    let at_home = |run: &str| {
        let machine = lab.service(run, "db")["instance_id"].as_str().unwrap().to_owned();
        let logs = lab.hoist(&format!("plan logs {run}")).exit(0).raw_stdout;
        logs.matches(&format!("on {machine}\n")).count()
    };
    lab.hoist("plan boot demo.toml").exit(0);
    assert_eq!(lab.instances().len(), 1);
    assert_eq!(at_home("demo"), 4);
    lab.hoist("plan status demo").exit(0);

    crate::examples::kill_instance_of(&lab, "demo", "db");
    lab.hoist("plan repair demo").exit(0);
    assert_eq!(at_home("demo"), 4, "all that ran on the old machine ran on the new one");
    lab.hoist("plan terminate demo").exit(0);
    lab.assert_nothing_runs();
}
