//! Fleets of a run whose machines are replaced: what runs on them ends first, and begins anew with them.

use hoist::provider::{Cloud, Selector};
use hoist::scaler::{FleetId, TAG_PARENT, TAG_PARENT_SERVICE};
use hoist_test_support::ran::Ran;
use nix::sys::signal::Signal;
use serde_json::json;

use crate::lab::{Lab, eventually};
use crate::run_fleets::{FILE, GATED, cloud, far, lab_with, launch, launch_of, night, pass_gate, run, tag};

/// A fleet of the scaler that begins anew.
fn fresh() -> FleetId {
    FleetId { name: "far".parse().unwrap(), nonce: "ba9876543210".to_owned() }
}

/// The ids of the instances that there are.
fn instances(lab: &Lab) -> Vec<String> {
    let name = |path: std::path::PathBuf| path.file_name().unwrap().to_str().unwrap().to_owned();
    lab.instances().into_iter().map(name).collect()
}

/// Which of these instances there are.
fn left<'a>(lab: &Lab, ids: &'a [String]) -> Vec<&'a String> {
    let there = instances(lab);
    ids.iter().filter(|id| there.contains(id)).collect()
}

fn machine(lab: &Lab, service: &str) -> String {
    lab.service("demo", service)["instance_id"].as_str().unwrap().to_owned()
}

/// Terminates the run, past the gates of these services.
fn terminate(lab: &Lab, gates: &[&str]) -> Ran {
    let ending = lab.hoist("plan terminate demo").spawn();
    for gate in gates {
        pass_gate(lab, gate);
    }
    ending.wait().exit(0)
}

#[test]
fn a_reboot_ends_all_fleets_first_and_spares_what_the_new_machine_launches() {
    let lab = Lab::new();
    let plan = format!("[[levels]]\n[levels.services.base]\nboot = \"up.sh\"\nterminate = \"bye.sh\"\n{GATED}\n");
    lab.file("demo.toml", plan);
    lab.gated_program("up.sh", "").gated_program("bye.sh", "");
    let booting = lab.hoist("plan boot demo.toml").spawn();
    pass_gate(&lab, "base");
    booting.wait().exit(0);
    let (parent, old) = (tag(&lab), machine(&lab, "base"));
    launch_of(&lab, &far(), (&parent, Some("base")), "token-1", 2);
    drop(night(&lab, &parent, 1));
    launch(&lab, &far(), "another-run", "token-2", 1);

    let rebooting = lab.hoist("plan reboot demo -o json").spawn();
    assert_eq!(pass_gate(&lab, "scaler"), 4, "the fleet that is recorded here has ended");
    let gate = lab.await_gate("base");
    assert_eq!(instances(&lab).len(), 2, "the base and the worker of another run");
    let late = launch_of(&lab, &far(), (&parent, Some("base")), "late", 1);
    gate.open();
    eventually("the old machine is gone", || (!instances(&lab).contains(&old)).then_some(()));
    let gate = lab.await_gate("base");
    let anew = launch_of(&lab, &fresh(), (&parent, Some("base")), "anew", 1);
    gate.open();
    let rebooted = rebooting.wait().exit(0);
    for told in [
        "first the scalers on base will be stopped",
        "first 3 workers of fleets of run demo will end:",
        "fleet night has ended; 1 worker proved gone",
        "fleet night begins anew with `hoist elastic run --config ",
        "base: no scaler runs there now",
    ] {
        assert!(rebooted.stderr.contains(told), "{told}: {rebooted}");
    }
    assert_eq!(rebooted.json()["workers_ended"], json!(4), "{rebooted}");
    assert_eq!((left(&lab, &late).len(), left(&lab, &anew).len()), (0, 1), "{rebooted}");

    terminate(&lab, &["scaler", "base"]).says("1 worker of run demo on local proved gone");
    assert_eq!(instances(&lab).len(), 1);
    lab.hoist("orphans --terminate --other-states --yes").exit(0);
    lab.assert_nothing_runs();
}

#[test]
fn an_interrupted_reboot_ends_what_came_meanwhile_and_starts_no_fleet() {
    let lab = lab_with("elastic = { stop = [\"true\"] }");
    let parent = tag(&lab);
    launch_of(&lab, &far(), (&parent, Some("base")), "token-1", 1);
    let rebooting = lab.hoist("plan reboot demo").spawn();
    let gate = lab.await_gate("base");
    rebooting.signal(Signal::SIGKILL);
    rebooting.wait();
    assert_eq!(instances(&lab).len(), 1);
    launch(&lab, &far(), &parent, "late", 2);
    lab.file("elastic.toml", FILE);
    let refused = lab.hoist("elastic once --config elastic.toml").exit(1);
    assert!(refused.stderr.contains("run demo is being rebooted, and its fleets with it"), "{refused}");
    assert!(refused.stderr.contains("hoist plan resume demo"), "{refused}");
    gate.open();
    lab.hoist("plan resume demo").exit(0).says("2 workers of run demo on local proved gone");
    assert_eq!(instances(&lab), [machine(&lab, "base")]);
    lab.hoist("elastic once --config elastic.toml").exit(0);
    assert_eq!(instances(&lab).len(), 2);
    terminate(&lab, &["base"]).says("fleet elastic has ended; 1 worker proved gone");
    lab.assert_nothing_runs();
}

#[test]
fn a_resumed_termination_ends_workers_first() {
    let lab = lab_with("elastic = { stop = [\"true\"] }");
    let parent = tag(&lab);
    let ending = lab.hoist("plan terminate demo").spawn();
    let gate = lab.await_gate("base");
    ending.signal(Signal::SIGKILL);
    ending.wait();
    launch(&lab, &far(), &parent, "late", 2);
    gate.open();
    let resumed = lab.hoist("plan resume demo --yes").exit(0);
    assert!(resumed.stderr.contains("first 2 workers of fleets of run demo will end:"), "{resumed}");
    assert!(resumed.stderr.contains("2 workers of run demo on local proved gone"), "{resumed}");
    lab.assert_nothing_runs();
}

/// A file in the home of the machine of a service.
fn at_home(lab: &Lab, service: &str, name: &str) -> std::path::PathBuf {
    lab.path(&format!("state/local/instances/{}/home/{name}", machine(lab, service)))
}

/// Has the service fail until its machine is replaced.
fn break_it(lab: &Lab, service: &str) {
    std::fs::write(at_home(lab, service, "broken"), "").unwrap();
}

/// What fails on a machine that is broken.
const READY: &str = "! test -e \"$HOME/broken\"";

/// A run with the services a and b.
fn lab_of_two(a: &str, b: &str) -> Lab {
    let lab = Lab::new();
    let service = |name: &str, more: &str| format!("[levels.services.{name}]\nready = \"ready.sh\"\n{more}\n");
    lab.file("demo.toml", format!("[[levels]]\n{}{}", service("a", a), service("b", b)));
    lab.program("ready.sh", READY);
    lab.hoist("plan boot demo.toml").exit(0);
    lab
}

const SCALER: &str = "elastic = { stop = [\"true\"] }";

#[test]
fn a_repair_ends_the_workers_of_what_it_replaces_and_no_others() {
    let lab = lab_of_two(SCALER, SCALER);
    let parent = tag(&lab);
    let of_a = launch_of(&lab, &far(), (&parent, Some("a")), "token-a", 2);
    let of_b = launch_of(&lab, &fresh(), (&parent, Some("b")), "token-b", 1);
    let unknown = launch(&lab, &far(), &parent, "token-c", 1);
    let by_hand = {
        let (lock, ids) = night(&lab, &parent, 1);
        drop(lock);
        ids
    };
    let (old, other) = (machine(&lab, "a"), machine(&lab, "b"));
    break_it(&lab, "a");
    let repaired = lab.hoist("plan repair demo -o json").exit(0);
    assert!(repaired.stderr.contains("first the scalers on a will be stopped"), "{repaired}");
    assert!(repaired.stderr.contains("a: no scaler runs there now"), "{repaired}");
    assert!(!repaired.stderr.contains("b: no scaler runs there now"), "{repaired}");
    assert_eq!(repaired.json()["workers_ended"], json!(2), "{repaired}");
    let kept = [of_b, unknown, by_hand].concat();
    assert_eq!((left(&lab, &of_a).len(), left(&lab, &kept).len()), (0, 3), "{repaired}");
    assert!(!instances(&lab).contains(&old) && instances(&lab).contains(&other), "{repaired}");
    // A repair that replaces nothing ends nothing.
    lab.hoist("plan repair demo").exit(0);
    assert_eq!(left(&lab, &kept).len(), 3);
    terminate(&lab, &[]);
    lab.assert_nothing_runs();
}

#[test]
fn workers_without_a_service_belong_to_the_only_scaler() {
    let lab = lab_of_two(SCALER, "");
    let workers = launch(&lab, &far(), &tag(&lab), "token-1", 2);
    break_it(&lab, "b");
    lab.hoist("plan repair demo").exit(0);
    assert_eq!(left(&lab, &workers).len(), 2, "b runs no scaler");
    break_it(&lab, "a");
    lab.hoist("plan repair demo").exit(0).says("2 workers of run demo on local proved gone");
    assert_eq!(instances(&lab).len(), 2);
    terminate(&lab, &[]);
}

#[test]
fn a_reload_ends_the_workers_of_what_it_removes() {
    let lab = lab_of_two(SCALER, SCALER);
    let parent = tag(&lab);
    let of_a = launch_of(&lab, &far(), (&parent, Some("a")), "token-a", 1);
    let of_b = launch_of(&lab, &fresh(), (&parent, Some("b")), "token-b", 2);
    let plan = std::fs::read_to_string(lab.path("demo.toml")).unwrap();
    lab.hoist("plan clean demo").exit(0).says("every machine of the run is used by a service of it");
    lab.file("demo.toml", plan.split_once("[levels.services.b]").unwrap().0);
    lab.hoist("plan reload demo.toml --dry-run").exit(2).says("first the scalers on b will be stopped");
    assert_eq!(left(&lab, &of_b).len(), 2, "a dry run ends none");
    let reloaded = lab.hoist("plan reload demo.toml").exit(0);
    assert!(reloaded.stderr.contains("b: no scaler runs there now"), "{reloaded}");
    assert_eq!((left(&lab, &of_a).len(), left(&lab, &of_b).len()), (1, 0), "{reloaded}");
    terminate(&lab, &[]);
    lab.assert_nothing_runs();
}

#[test]
fn a_boot_that_fails_leaves_no_workers_if_it_is_to_leave_nothing() {
    let lab = Lab::new();
    lab.file("demo.toml", format!("[[levels]]\n[levels.services.base]\nboot = \"up.sh\"\n{SCALER}\n"));
    lab.gated_program("up.sh", "exit 7");
    let booting = lab.hoist("plan boot demo.toml --on-failure terminate").spawn();
    let gate = lab.await_gate("base");
    launch_of(&lab, &far(), (&tag(&lab), Some("base")), "token-1", 2);
    gate.open();
    booting.wait().exit(1).says("2 workers of run demo on local proved gone");
    lab.assert_nothing_runs();
}

#[test]
fn programs_know_their_run_and_service_and_fleets_that_they_start_end_with_the_machine() {
    let lab = Lab::new();
    let told = lab.path("told").display().to_string();
    let say = "echo \"$HOIST_RUN $HOIST_SERVICE\"";
    lab.program("up.sh", &format!("{say} > \"$HOME/told\"")).program("up-here.sh", &format!("{say} > {told}"));
    lab.program("ready.sh", READY);
    let here = "[levels.services.here]\nrun_on = \"this-host\"\nboot = \"up-here.sh\"\n";
    let base = "[levels.services.base]\nboot = \"up.sh\"\nready = \"ready.sh\"\n";
    lab.file("demo.toml", format!("[[levels]]\n{base}{here}"));
    lab.hoist("plan boot demo.toml").exit(0);
    let parent = tag(&lab);
    let read = |path: &std::path::Path| std::fs::read_to_string(path).unwrap();
    assert_eq!(read(&at_home(&lab, "base", "told")), format!("{parent} base\n"));
    assert_eq!(read(&lab.path("told")), format!("{parent} here\n"));

    lab.file("elastic.toml", FILE);
    let once = lab.hoist("elastic once --config elastic.toml");
    once.env("HOIST_RUN", &parent).env("HOIST_SERVICE", "base").exit(0);
    let shown = run(cloud(&lab).describe(&Selector::ManagedByHoist)).unwrap();
    let tags: Vec<_> = shown.iter().filter(|instance| instance.tags.contains_key(TAG_PARENT)).collect();
    assert_eq!(tags.len(), 1);
    assert_eq!((&tags[0].tags[TAG_PARENT], tags[0].tags[TAG_PARENT_SERVICE].as_str()), (&parent, "base"));
    break_it(&lab, "base");
    let repaired = lab.hoist("plan repair demo").exit(0);
    assert!(repaired.stderr.contains("fleet elastic has ended; 1 worker proved gone"), "{repaired}");
    assert_eq!(instances(&lab), [machine(&lab, "base")]);
    terminate(&lab, &[]);
    lab.assert_nothing_runs();
}

#[test]
fn workers_whose_scaler_is_gone_with_its_machine_are_ended_by_their_tags() {
    let lab = Lab::new();
    lab.file("demo.toml", format!("[[levels]]\n[levels.services.base]\nreplicas = 2\n{SCALER}\n"));
    lab.hoist("plan boot demo.toml").exit(0);
    let parent = tag(&lab);
    launch_of(&lab, &far(), (&parent, Some("base-0")), "token-0", 2);
    launch_of(&lab, &fresh(), (&parent, Some("base-1")), "token-1", 1);
    run(cloud(&lab).terminate(&[machine(&lab, "base-0")])).unwrap();
    lab.hoist("plan status demo").exit(1).says("3 workers of its fleets");
    let ended = lab.hoist("plan terminate demo -o json").exit(0);
    assert!(ended.stderr.contains("base-1: no scaler runs there now"), "{ended}");
    assert!(!ended.stderr.contains("base-0: no scaler runs there now"), "{ended}");
    assert_eq!(ended.json()["workers_ended"], json!(3), "{ended}");
    lab.assert_nothing_runs();
}

#[test]
fn workers_of_a_machine_that_fails_on_the_way_up_are_ended() {
    let lab = Lab::new();
    let programs = "boot = \"up.sh\"\nready = { program = \"ready.sh\", retries = 0 }";
    lab.file("demo.toml", format!("[[levels]]\n[levels.services.base]\n{programs}\n{SCALER}\n"));
    lab.program("ready.sh", READY).gated_program("up.sh", "");
    let booting = lab.hoist("plan boot demo.toml").spawn();
    pass_gate(&lab, "base");
    booting.wait().exit(0);
    let (parent, first) = (tag(&lab), machine(&lab, "base"));
    break_it(&lab, "base");
    let repairing = lab.hoist("plan repair demo -o json").spawn();
    eventually("the first machine is gone", || (!instances(&lab).contains(&first)).then_some(()));
    let gate = lab.await_gate("base");
    let [second] = instances(&lab).try_into().unwrap();
    let workers = launch_of(&lab, &far(), (&parent, Some("base")), "token-1", 2);
    std::fs::write(lab.path(&format!("state/local/instances/{second}/home/broken")), "").unwrap();
    gate.open();
    eventually("the second machine is gone", || (!instances(&lab).contains(&second)).then_some(()));
    pass_gate(&lab, "base");
    let repaired = repairing.wait().exit(0);
    assert_eq!(repaired.json()["workers_ended"], json!(2), "{repaired}");
    assert_eq!(left(&lab, &workers).len(), 0, "{repaired}");
    assert_eq!(instances(&lab), [machine(&lab, "base")]);
    terminate(&lab, &[]);
    lab.assert_nothing_runs();
}
