//! A fleet grows, shrinks, is left alone, and is taken over.

use hoist_test_support::eventually::eventually;
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::station::{FLEET, Station, await_log};

#[test]
fn it_grows_with_the_work_and_shrinks_to_the_minimum() {
    let station = Station::new(FLEET);
    let daemon = station.start();
    station.await_instances(1);
    station.file("busy", "1").file("waiting", "5");
    station.await_instances(3);
    await_log(&daemon, "launch ");
    station.file("busy", "0").file("waiting", "0");
    station.await_instances(1);
    daemon.signal(Signal::SIGINT);
    daemon.wait().exit(130);
}

#[test]
fn workers_stay_when_the_daemon_ends_and_the_next_one_takes_them_over() {
    let station = Station::new(&FLEET.replace("min = 1", "min = 2"));
    let daemon = station.start();
    let workers = station.await_instances(2);
    eventually("both are recorded", || (recorded(&station) == 2).then_some(()));
    daemon.signal(Signal::SIGTERM);
    let ended = daemon.wait().exit(143);
    assert!(ended.raw_stderr.contains("2 workers stay until their leases end"), "{ended}");
    let mut left = station.instances();
    left.sort();
    let mut before = workers;
    before.sort();
    assert_eq!(left, before);

    let daemon = station.start();
    await_log(&daemon, "it has 2 workers");
    station.file("waiting", "1");
    station.await_instances(3);
    assert!(before.iter().all(|worker| station.instances().contains(worker)));
    daemon.signal(Signal::SIGTERM);
    daemon.wait().exit(143);
}

#[test]
fn what_a_person_asks_for_is_a_line() {
    let station = Station::new(FLEET);
    let daemon = station.start_with("-o jsonl");
    let worker = station.await_instances(1).remove(0);
    eventually("it is recorded", || (recorded(&station) == 1).then_some(()));
    // Its job goes on.
    station.file("busy", "1");
    station.hoist("elastic drain crunch -m crunch-1").exit(0);
    let line = eventually("the drain is told", || {
        let lines = daemon.stdout();
        let lines = lines.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.into_iter().find(|line| line["event"] == "answered")
    });
    assert_eq!(line["machines"], serde_json::json!([worker]));
    let message =
        format!("a person drains crunch-1 ({worker}): 1 worker accepts no more work, and is ended when it has none");
    assert_eq!((line["message"].as_str(), line["level"].as_str()), (Some(message.as_str()), Some("info")));
    daemon.signal(Signal::SIGTERM);
    daemon.wait().exit(143);
}

#[test]
fn a_second_daemon_is_told_who_serves_the_fleet() {
    let station = Station::new(FLEET);
    let daemon = station.start();
    let second = station.hoist("elastic run").exit(4);
    assert!(second.raw_stderr.contains(&format!("process {}", daemon.id())), "{second}");
    station.hoist("elastic once").exit(4);
    // A dry run may be made at any time.
    assert!(matches!(station.hoist("elastic once --dry-run").run().code, Some(0 | 2)));
    daemon.signal(Signal::SIGTERM);
    daemon.wait().exit(143);
}

#[test]
fn a_fleet_that_is_stopped_ends_its_workers_and_then_the_daemon() {
    let station = Station::new(&FLEET.replace("min = 1", "min = 2"));
    let daemon = station.start();
    station.await_instances(2);
    station.file("busy", "0");
    station.hoist("elastic stop crunch --yes").exit(0);
    let ended = daemon.wait().exit(0);
    assert!(ended.raw_stderr.contains("ended: every worker is gone"), "{ended}");
    assert_eq!(station.instances(), [""; 0]);
}

#[test]
fn one_pass_is_made_and_told() {
    let station = Station::new(FLEET);
    let thought = station.hoist("elastic once --dry-run -o json").exit(2).json();
    assert_eq!((&thought["dry_run"], &thought["fleets"][0]["fleet"]), (&Value::from(true), &Value::from("crunch")));
    assert_eq!(thought["fleets"][0]["pass"]["decisions"][0]["decision"], "launch");
    assert!(!station.path("state").join("hoist.db").exists(), "a dry run makes no state file");
    assert_eq!(station.instances(), [""; 0]);

    let made = station.hoist("elastic once -o json").exit(0).json();
    assert_eq!(made["fleets"][0]["pass"]["decisions"][0]["decision"], "launch");
    station.await_instances(1);
    // A source that is silent is no empty one.
    std::fs::remove_file(station.path("waiting")).unwrap();
    // A pass reads what is due.
    let failed = eventually("the queue is asked", || {
        let pass = station.hoist("elastic once").run();
        (pass.code != Some(0)).then_some(pass)
    });
    assert!(failed.code == Some(1) && failed.raw_stdout.contains("no queue here"), "{failed}");
    assert_eq!(station.instances().len(), 1);
}

#[test]
fn a_pass_without_what_the_engine_asks_for_has_failed() {
    let queue = "kind = \"command\"\nprogram = [\"./pool\"]";
    let file = "kind = \"file\"\npath = \"told\"";
    let station = Station::new(&FLEET.replace(queue, file).replace("min = 1", "min = 0"));
    for (answer, code) in [("{\"hosts\": []}", 1), ("{\"waiting\": 0, \"hosts\": []}", 0), ("soon", 1)] {
        station.file("told", answer);
        station.hoist("elastic once --dry-run").exit(code);
    }
    let program = |script: &str| {
        let engine = format!("name = \"command\"\nprogram = [\"/bin/sh\", \"-c\", \"{script}\"]\ntimeout = \"60s\"");
        let (before, _) = FLEET.split_once("[engine]").unwrap();
        station.file("elastic.toml", &format!("{}[engine]\n{engine}\n", before.replace("min = 1", "min = 0")));
        station.hoist("elastic once --dry-run")
    };
    program("exit 3").exit(1);
    program("echo '{}'").exit(0);
    // Its answer counts, whatever it has left behind.
    program("echo '{}'; sleep 600 &").exit(0);
    program("echo '{\\\"notes\\\": [], \\\"notes\\\": []}'").exit(1);
}

fn recorded(station: &Station) -> usize {
    // A machine whose launch has no answer yet lives, and is no worker.
    let shown = station.hoist("elastic status -o json").run().json();
    shown["fleets"][0]["workers"].as_array().map_or(0, Vec::len)
}
