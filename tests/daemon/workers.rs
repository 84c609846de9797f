//! Workers of a fleet that people start and stop.

use std::fs::File;

use hoist_test_support::eventually::eventually;
use nix::sys::signal::Signal;
use serde_json::Value;

use crate::coalition::Coalition;
use crate::station::{Station, await_log};
use crate::tracer::Traced;

/// A place with a fleet of coalition's rules, at most three workers, and its server. No job waits and none runs.
fn farm() -> (Station, Coalition) {
    let station = Station::new("");
    let server = Coalition::start(&station.path(""));
    let fleet = format!(
        "name = \"farm\"\n[workers]\nmax = 3\n[queue]\nkind = \"coalition\"\nurl = \"{}\"\n[cloud]\nprovider = \"local\"\n\
         [machine]\n[engine]\nname = \"coalition\"\nstart_delay = \"0s\"\nminimum_lifetime = \"1h\"\n",
        server.url()
    );
    station.file("elastic.toml", &fleet);
    (station, server)
}

fn column<'v>(listed: &'v Value, pointer: &str) -> Vec<&'v Value> {
    listed["workers"].as_array().unwrap().iter().map(|worker| worker.pointer(pointer).unwrap()).collect()
}

#[test]
fn workers_are_started_listed_and_stopped_by_hand() {
    let (station, server) = farm();
    let start = "worker start --config elastic.toml --count 2";
    let would = station.hoist(&format!("{start} --dry-run -o json")).exit(2);
    assert_eq!((would.json()["outcome"].as_str(), station.instances().len()), (Some("would_start"), 0));
    would.says_all(&["2 workers of fleet farm on local", "in 12 h", "coalition's server at"]);
    station.hoist(&format!("{start} --no-input")).exit(64);
    assert_eq!(station.instances().len(), 0);
    let started = station.hoist(&format!("{start} --lease 2h --yes -o json")).exit(0).json();
    assert_eq!(column(&started, "/name"), ["farm-1", "farm-2"]);
    let mut ids: Vec<String> = column(&started, "/id").iter().map(|id| id.as_str().unwrap().to_owned()).collect();
    ids.sort();
    let mut instances = station.instances();
    instances.sort();
    assert_eq!(ids, instances);
    // They live until their lease ends, and not for that of the fleet file, which nobody renews.
    for end in column(&started, "/expires_at") {
        let end: jiff::Timestamp = end.as_str().unwrap().parse().unwrap();
        let left = end.duration_since(jiff::Timestamp::now()).as_secs();
        assert!((7000..=7200).contains(&left), "{left}");
    }
    // One more may live.
    station.hoist(&format!("{start} --yes")).exit(5).says("the maximum is 3");
    assert_eq!(station.instances().len(), 2);

    let listed = station.hoist("worker list -o json").exit(0).json();
    assert_eq!(column(&listed, "/cloud/state"), ["running", "running"]);
    assert_eq!(column(&listed, "/server/state"), ["WAITING", "WAITING"]);
    assert_eq!(column(&listed, "/server/last_job"), [12, 12]);
    station.file("silent", "");
    let listed = station.hoist("worker list -o json").exit(2);
    let told = listed.json();
    // Not absent: nobody knows.
    assert_eq!(column(&told, "/server"), [&Value::Null, &Value::Null]);
    assert!(told["unknown"][0].as_str().unwrap().contains("coalition's server"), "{told}");
    // Nothing is launched that would have nobody to work for.
    station.hoist("worker start --config elastic.toml --yes").exit(1).says("1 error; nothing was started");
    assert_eq!(station.instances().len(), 2);
    std::fs::remove_file(station.path("silent")).unwrap();

    station.file("busy", "1");
    station.hoist("worker stop --idle --yes").exit(0).says("there is no such worker");
    station.hoist("worker stop farm-3 --yes").exit(64).says("no worker \"farm-3\"");
    let mut stop = station.hoist("worker stop farm-1 --yes").spawn();
    eventually("the worker is given no more jobs", || ids.iter().any(|id| server.is_stopped(id)).then_some(()));
    assert!(!stop.is_over() && station.instances().len() == 2);
    station.file("busy", "0");
    stop.wait().exit(0).says("1 worker proved gone");
    assert_eq!(station.instances().len(), 1);
    station.hoist("worker stop farm-1 --yes").exit(0).says("farm-1 is gone already");
    station.file("busy", "1");
    station.hoist("worker stop --all --now --yes").exit(0).says("1 worker proved gone");
    assert_eq!(station.instances().len(), 0);
    station.hoist("orphans").exit(0);
}

#[test]
fn a_running_scaler_does_it_and_looks_after_them() {
    let (station, _server) = farm();
    let daemon = station.start();
    station.hoist("worker start --config elastic.toml --yes").exit(0).says("1 worker started");
    assert_eq!(station.instances().len(), 1);
    await_log(&daemon, "farm: a person asked for 1 worker: 1 worker is launched");
    let stopped = station.hoist("worker stop farm-1 --yes -o json").exit(0).json();
    assert_eq!((stopped["outcome"].as_str(), column(&stopped, "/gone")), (Some("stopped"), vec![&Value::Bool(true)]));
    assert_eq!(station.instances().len(), 0);
    daemon.signal(Signal::SIGTERM);
    daemon.wait().exit(143);
}

#[test]
fn workers_have_the_machine_of_a_plan_s_service() {
    let (station, _server) = farm();
    let plan = r#"
name = "demo"
[variables]
owner = "ann"
[[levels]]
[levels.services.web]
replicas = 2
user_data = "web.sh"
tags = { owner = "${global.owner}" }
[[levels]]
[levels.services.late]
tags = { at = "${web-0.address}" }
"#;
    station.file("demo.toml", plan);
    station.file("web.sh", "#!/bin/sh\necho here > \"$HOME/started\"\n");
    let start = "worker start --plan demo.toml --service";
    station.hoist(&format!("{start} wep --yes")).exit(1).says("no service \"wep\"");
    station.hoist(&format!("{start} late --yes")).exit(1).says("is known only when the plan is booted");
    station.hoist(&format!("{start} web --yes")).exit(0).says("1 worker started");
    let [instance] = &station.instances()[..] else { panic!("{:?}", station.instances()) };
    let started = station.path("state/local/instances").join(instance);
    eventually("its user data has run", || {
        hoist_test_support::tree::files(&started).iter().any(|file| file.ends_with("started")).then_some(())
    });
    station.hoist("worker stop demo-web-1 --now --yes").exit(0).says("1 worker proved gone");
}

/// Runs a command that is killed at a point; returns the points that it passed, and whether it was killed.
fn killed(station: &Station, words: &str, point: usize) -> (usize, bool) {
    let said = File::create(station.path("said")).unwrap();
    let traced = Traced::start(station.hoist(words).into_command(), said, point);
    eventually("the command has ended", || traced.is_over().then_some(()));
    (traced.points(), traced.was_killed())
}

#[test]
fn killed_at_any_record_the_same_command_goes_on_and_doubles_nothing() {
    let start = "worker start --config elastic.toml --count 2 --yes";
    let stop = "worker stop --all --now --yes";
    let mut kills = 0;
    for point in 1.. {
        let (station, _server) = farm();
        let (points, was_killed) = killed(&station, start, point);
        if was_killed {
            kills += 1;
            assert!(station.instances().len() <= 2);
            let listed = station.hoist("worker list -o json").run();
            let ids = listed.json()["workers"]
                .as_array()
                .map_or(0, |all| all.iter().filter(|it| it["id"].is_string()).count());
            // When both are recorded, nothing is left to go on with.
            if ids < 2 {
                station.hoist(start).exit(0);
            }
        }
        assert_eq!(station.instances().len(), 2, "killed at {point} of {points}");
        killed(&station, stop, point);
        station.hoist(stop).exit(0);
        assert_eq!(station.instances().len(), 0, "killed at {point}");
        station.hoist("orphans").exit(0);
        if !was_killed {
            break;
        }
    }
    assert!(kills >= 10, "{kills}");
}
