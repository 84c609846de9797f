//! Faults on the operator's side: told before anything is touched, and never taken for faults of the machines.

use std::fs;

use serde_json::Value;

use crate::lab::Lab;

/// A store with a terminate program, and a worker that reads it; both take a secret.
const PLAN: &str = "name = \"farm\"
[defaults]
attributes = { token = { secret = \"env:FARM_TOKEN\" } }
[[levels]]
[levels.services.store]
boot = { program = \"store/boot.sh\", config = \"store/config.json\" }
ready = \"store/ready.sh\"
terminate = \"store/stop.sh\"
[[levels]]
[levels.services.worker]
replicas = 2
boot = { program = \"worker/boot.sh\", config = \"store/config.json\" }
ready = \"worker/ready.sh\"
";

const TOKEN: &str = "a-long-token";

fn lab() -> Lab {
    let lab = Lab::new();
    lab.file("farm/farm.toml", PLAN).file("farm/store/config.json", "{\"token\": \"$token\"}");
    for name in ["store/boot.sh", "store/ready.sh", "store/stop.sh", "worker/boot.sh", "worker/ready.sh"] {
        lab.program(&format!("farm/{name}"), "exit 0");
    }
    lab.hoist("plan boot farm/farm.toml").env("FARM_TOKEN", TOKEN).exit(0);
    lab
}

fn machines(lab: &Lab) -> Vec<String> {
    let shown = lab.hoist("plan show farm -o json").exit(0).json();
    let services = shown["levels"].as_array().unwrap().iter().flat_map(|level| level["services"].as_array().unwrap());
    services.map(|service| format!("{} {} {}", service["name"], service["instance_id"], service["state"])).collect()
}

fn checks(status: &Value) -> Vec<(&str, bool, bool)> {
    let services = status["levels"].as_array().unwrap().iter().flat_map(|level| level["services"].as_array().unwrap());
    services
        .map(|it| (it["observed"]["check"].as_str().unwrap(), it["healthy"] == true, !it["failure"].is_null()))
        .collect()
}

/// `break_it`, then `mend` again; `says` is what is missing. `token`: whether the variable is set meanwhile.
#[track_caller]
fn nothing_is_touched(break_it: fn(&Lab), mend: fn(&Lab), token: bool, says: &[&str], commands: &[&str]) {
    let lab = lab();
    let before = machines(&lab);
    break_it(&lab);
    for command in commands {
        let call = lab.hoist(&format!("plan {command}"));
        let ran = if token { call.env("FARM_TOKEN", TOKEN) } else { call }.exit(1).stdout("");
        for part in says {
            assert!(ran.stderr.contains(part), "{command} should say {part:?}\n{ran}");
        }
        assert!(ran.stderr.contains("nothing was t"), "{command}\n{ran}");
        assert_eq!(machines(&lab), before, "{command}");
    }
    assert_eq!(lab.instances().len(), 3);
    mend(&lab);
    lab.hoist("plan repair farm").env("FARM_TOKEN", TOKEN).exit(0);
    assert_eq!(machines(&lab), before);
    lab.hoist("plan terminate farm").env("FARM_TOKEN", TOKEN).exit(0);
    lab.assert_nothing_runs();
}

#[test]
fn a_secret_that_is_not_set_touches_nothing() {
    let says = ["the environment variable FARM_TOKEN, which holds a secret, is not set"];
    let commands =
        ["repair farm", "reload farm/farm.toml", "reload farm/farm.toml --dry-run", "reboot farm", "terminate farm"];
    nothing_is_touched(|_| {}, |_| {}, false, &says, &commands);
}

#[test]
fn a_ready_program_and_a_template_that_are_gone_touch_nothing_and_are_told_together() {
    let remove = |lab: &Lab| {
        fs::remove_file(lab.path("farm/worker/ready.sh")).unwrap();
        fs::remove_file(lab.path("farm/store/config.json")).unwrap();
    };
    let mend = |lab: &Lab| {
        lab.program("farm/worker/ready.sh", "exit 0").file("farm/store/config.json", "{\"token\": \"$token\"}");
    };
    let says = [
        "service worker-0: ready program ",
        "farm/worker/ready.sh: the file does not exist",
        "store/config.json: the file does not exist",
    ];
    nothing_is_touched(remove, mend, true, &says, &["repair farm", "reboot farm"]);
}

#[test]
fn a_plan_folder_that_was_moved_touches_nothing() {
    let away = |lab: &Lab| fs::rename(lab.path("farm"), lab.path("elsewhere")).unwrap();
    let back = |lab: &Lab| fs::rename(lab.path("elsewhere"), lab.path("farm")).unwrap();
    let says = ["farm/store/stop.sh: the file does not exist"];
    nothing_is_touched(away, back, true, &says, &["repair farm", "reboot farm", "terminate farm"]);
}

#[test]
fn a_check_that_cannot_be_made_is_unknown_and_neither_failed_nor_healthy() {
    let lab = lab();
    let status = lab.hoist("plan status farm").exit(2);
    assert!(status.stdout.starts_with("farm is up, unknown (checked now)\n"), "{status}");
    assert!(status.stdout.contains("1 level1  store  ready  TIME  running  unknown  ADDRESS\n"), "{status}");
    let status = status.says("FARM_TOKEN, which holds a secret, is not set").never_says("failed");
    assert!(!status.stdout.contains("hoist plan repair"), "{status}");
    let status = lab.hoist("plan status farm -o json").exit(2).json();
    assert_eq!((&status["healthy"], &status["unknown"]), (&false.into(), &true.into()));
    assert_eq!(checks(&status), [("unknown", false, false); 3]);
    assert!(status["levels"][0]["services"][0]["unknown"].as_str().unwrap().contains("FARM_TOKEN"));

    // What is known to be wrong outranks what is not known.
    lab.program("farm/store/ready.sh", "exit 4");
    fs::remove_file(lab.path("farm/worker/ready.sh")).unwrap();
    let status = lab.hoist("plan status farm -o json").env("FARM_TOKEN", TOKEN).exit(1).json();
    assert_eq!(checks(&status), [("failed", false, true), ("unknown", false, false), ("unknown", false, false)]);
    lab.program("farm/store/ready.sh", "exit 0").program("farm/worker/ready.sh", "exit 0");
    let status = lab.hoist("plan status farm -o json").env("FARM_TOKEN", TOKEN).exit(0).json();
    assert_eq!(checks(&status), [("passed", true, false); 3]);
    assert!(status.get("unknown").is_none());
    lab.hoist("plan terminate farm").env("FARM_TOKEN", TOKEN).exit(0);
}

#[test]
fn terminate_needs_what_its_programs_need_and_who_insists_needs_nothing() {
    let lab = lab();
    let refused = lab.hoist("plan terminate farm").exit(1).stdout("");
    assert!(refused.stderr.contains("  try: hoist plan terminate farm --force goes on"), "{refused}");
    assert_eq!(lab.instances().len(), 3);
    let forced = lab.hoist("plan terminate farm --force").exit(0);
    assert!(forced.stdout.contains("  store: its terminate program failed: "), "{forced}");
    lab.assert_nothing_runs();
}

#[test]
fn a_fault_that_comes_up_on_the_way_stops_the_run_and_keeps_its_machine() {
    let lab = Lab::with_plan(
        "[[levels]]\n[levels.services.web]\nrun_on = \"this-host\"\nboot = \"saw.sh\"\n[[levels]]\n[levels.services.front]\nboot = \"gone.sh\"\n",
    );
    lab.program("saw.sh", &format!("rm {}", lab.path("gone.sh").display())).program("gone.sh", "exit 0");
    let stopped = lab.hoist("plan boot demo.toml").exit(1);
    assert!(stopped.stdout.contains("demo stopped: what is missing is on this side"), "{stopped}");
    assert!(stopped.stdout.contains("gone.sh: No such file"), "{stopped}");
    let document = lab.hoist("plan resume demo -o json").exit(1);
    assert!(document.stderr.contains("front: boot program ") && document.stdout.is_empty(), "{document}");
    let machine = lab.service("demo", "front")["instance_id"].clone();
    lab.program("gone.sh", "exit 0").program("saw.sh", "exit 0");
    lab.hoist("plan resume demo").exit(0);
    assert_eq!(lab.service("demo", "front")["instance_id"], machine);
}

#[test]
fn a_run_that_is_recorded_as_up_is_looked_at_by_resume() {
    let lab = Lab::with_plan("[[levels]]\n[levels.services.web]\n[levels.services.db]\nready = \"true.sh\"\n");
    lab.hoist("plan boot demo.toml").exit(0);
    let up = lab.hoist("plan resume demo").exit(0);
    let words = "demo is recorded as up: 2 services ready; their machines are there, nothing was checked\n";
    assert!(up.stdout.starts_with(words), "{up}");
    crate::examples::kill_instance_of(&lab, "demo", "db");
    let dead = lab.hoist("plan resume demo").exit(1);
    assert!(dead.stdout.starts_with("demo is recorded as up, and is unhealthy: 1 of 2 services gone\n"), "{dead}");
    assert!(dead.stdout.contains("\n  db: recorded as ready; INSTANCE: "), "{dead}");
    assert!(dead.stdout.ends_with("  hoist plan repair demo  replaces what is broken\n"), "{dead}");
    let dead = lab.hoist("plan resume demo -o json").exit(1).json();
    assert_eq!((&dead["outcome"], &dead["gone"][0]["service"]), (&"unhealthy".into(), &"db".into()));
    lab.hoist("plan repair demo").exit(0).says("demo is up: 2 services ready");
}

#[test]
fn a_service_that_is_recorded_as_failed_and_works_is_left_alone() {
    let lab = Lab::with_plan(
        "[[levels]]\n[levels.services.db]\nboot = \"boot.sh\"\nready = \"ready.sh\"\nterminate = \"stop.sh\"\n",
    );
    lab.program("boot.sh", "exit 0").program("stop.sh", "exit 0").program("ready.sh", "exit 1");
    lab.hoist("plan boot demo.toml").exit(1);
    let machine = lab.service("demo", "db")["instance_id"].clone();
    lab.program("ready.sh", "exit 0");
    lab.hoist("plan status demo").exit(1).says("recorded as failed, works now");
    let repaired = lab.hoist("plan repair demo").exit(0);
    assert!(repaired.stderr.contains("·  db  works: recorded as ready\n"), "{repaired}");
    let after = lab.service("demo", "db");
    assert_eq!((&after["instance_id"], &after["state"]), (&machine, &"ready".into()));
    let logs = lab.hoist("plan logs demo db -o json").exit(0).json();
    let ran: Vec<&Value> =
        logs["services"][0]["programs"].as_array().unwrap().iter().map(|it| &it["program"]).collect();
    assert_eq!(ran[0], "boot");
    assert!(ran[1..].iter().all(|program| **program == "ready"), "{ran:?}");
}
