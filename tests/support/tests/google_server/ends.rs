//! How instances stop and end, by calls, by the cloud and by their own clock; and who is told.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use hoist_test_support::eventually::eventually;
use hoist_test_support::google::{Faults, Life, Place, ZONE};
use serde_json::{Value, json};

use super::client::{Client, instance};

const HOUR: Duration = Duration::from_secs(3600);

fn spot(action: &str) -> Value {
    json!({"scheduling": {"provisioningModel": "SPOT", "instanceTerminationAction": action}})
}

fn limited(action: &str) -> Value {
    json!({"scheduling": {"maxRunDuration": {"seconds": "3600"}, "instanceTerminationAction": action}})
}

#[test]
fn a_preempted_machine_stops_or_is_gone_as_it_was_launched_to() {
    let Some(client) = Client::new(Faults::new(1).time_to_die(Duration::from_secs(30))) else { return };
    client.insert(&instance("stays", spot("STOP")));
    client.insert(&instance("goes", spot("DELETE")));
    client.insert(&instance("simulated", spot("DELETE")));
    client.insert(&instance("standard", json!({})));
    for name in ["stays", "goes", "simulated", "standard"] {
        assert_eq!(client.status(name).as_deref(), Some("RUNNING"), "{name}");
    }
    client.server.preempt(&Place::new(ZONE, "stays"));
    client.server.preempt(&Place::new(ZONE, "goes"));
    for name in ["simulated", "standard"] {
        client.post(&format!("zones/{ZONE}/instances/{name}/simulateMaintenanceEvent"), &Value::Null);
    }
    let states = || ["stays", "goes", "simulated", "standard"].map(|name| client.status(name).unwrap_or_default());
    assert_eq!(states(), ["STOPPING", "STOPPING", "STOPPING", "RUNNING"]);
    client.server.advance(Duration::from_secs(31));
    assert_eq!(states(), ["TERMINATED", "", "", "RUNNING"]);
    let kinds = client.get(&format!("zones/{ZONE}/operations"));
    let told = kinds["items"].as_array().unwrap().iter();
    assert_eq!(told.filter(|one| one["operationType"] == "compute.instances.preempted").count(), 3);
}

#[test]
fn the_end_of_a_run_comes_by_itself_and_counts_from_its_start() {
    let faults = Faults::new(1).time_to_run(Duration::from_secs(300), Duration::ZERO);
    let Some(client) = Client::new(faults) else { return };
    client.insert(&instance("goes", limited("DELETE")));
    client.insert(&instance("stops", limited("STOP")));
    client.server.advance(HOUR);
    assert_eq!(client.status("goes").as_deref(), Some("RUNNING"), "it was made an hour ago, and runs for less");
    let seen = client.get(&format!("zones/{ZONE}/instances/goes"));
    assert!(seen["resourceStatus"]["scheduling"]["terminationTimestamp"].is_string(), "{seen:#}");
    client.server.advance(Duration::from_secs(301));
    assert_eq!(client.status("goes"), None);
    assert_eq!(client.status("stops").as_deref(), Some("TERMINATED"));
    assert_eq!(client.server.disks(), [Place::new(ZONE, "stops")]);
    // Its next run is limited again.
    client.post(&format!("zones/{ZONE}/instances/stops/start"), &Value::Null);
    client.server.advance(HOUR);
    assert_eq!(client.status("stops").as_deref(), Some("RUNNING"));
    client.server.advance(Duration::from_secs(301));
    assert_eq!(client.status("stops").as_deref(), Some("TERMINATED"));
}

#[test]
fn a_time_to_end_is_kept_and_must_lie_ahead() {
    let Some(client) = Client::new(Faults::default()) else { return };
    let at = |ahead: i64| {
        let time = jiff::Timestamp::now() + jiff::SignedDuration::from_secs(ahead);
        json!({"scheduling": {"terminationTime": time.to_string(), "instanceTerminationAction": "DELETE"}})
    };
    let path = format!("zones/{ZONE}/instances");
    assert_eq!(client.refused("POST", &path, &instance("past", at(-60))).1, "invalid");
    client.insert(&instance("one", at(1800)));
    client.server.advance(Duration::from_secs(1700));
    assert_eq!(client.status("one").as_deref(), Some("RUNNING"));
    client.server.advance(Duration::from_secs(101));
    assert_eq!(client.status("one"), None);
}

#[test]
fn a_stopped_machine_keeps_its_disk_and_is_no_target_of_an_old_plan() {
    let Some(client) = Client::new(Faults::new(1).time_to_die(Duration::from_secs(20))) else { return };
    client.insert(&instance("one", limited("DELETE")));
    let here = format!("zones/{ZONE}/instances/one");
    assert_eq!(client.status("one").as_deref(), Some("RUNNING"));
    client.post(&format!("{here}/stop"), &Value::Null);
    assert_eq!(client.refused("POST", &format!("{here}/stop"), &Value::Null).1, "resourceNotReady");
    let labels = json!({"labels": {}, "labelFingerprint": client.get(&here)["labelFingerprint"]});
    assert_eq!(client.refused("POST", &format!("{here}/setLabels"), &labels).1, "resourceNotReady");
    client.server.advance(HOUR * 2);
    assert_eq!(client.status("one").as_deref(), Some("TERMINATED"));
    client.delete(&here);
    assert_eq!(client.status("one"), None);
}

#[test]
fn a_protected_machine_is_not_deleted() {
    let Some(client) = Client::new(Faults::default()) else { return };
    client.insert(&instance("one", json!({"deletionProtection": true})));
    let (status, reason, message) = client.refused("DELETE", &format!("zones/{ZONE}/instances/one"), &Value::Null);
    assert_eq!(
        (status, reason.as_str(), message.contains("protected against deletion")),
        (412, "conditionNotMet", true)
    );
    assert_eq!(client.status("one").as_deref(), Some("RUNNING"));
}

#[test]
fn whoever_runs_real_machines_is_told_when_they_begin_and_end() {
    let Some(mut client) = Client::new(Faults::new(1).clock_speed(1000.0).time_to_run(HOUR / 60, HOUR / 60)) else {
        return;
    };
    let told = Arc::new(Mutex::new(Vec::new()));
    let listener = Arc::clone(&told);
    client.server.on_life(move |life| listener.lock().unwrap().push(life.clone()));
    let metadata = json!({"metadata": {"items": [{"key": "user-data", "value": "#!/bin/sh\n"},
        {"key": "enable-guest-attributes", "value": "TRUE"}]}, "labels": {"hoist-run": "r"}});
    client.insert(&instance("one", metadata));
    let place = Place::new(ZONE, "one");
    // Nobody calls meanwhile.
    let machine = eventually("the machine begins", || match told.lock().unwrap().first() {
        Some(Life::Begins(machine)) => Some(machine.clone()),
        _ => None,
    });
    assert_eq!((&machine.place, machine.metadata["user-data"].as_str()), (&place, "#!/bin/sh\n"));
    assert_eq!(
        (machine.labels["hoist-run"].as_str(), machine.image.as_str()),
        ("r", "projects/debian-cloud/global/images/debian-13-trixie-v20261111")
    );
    client.server.move_to(&place, "127.9.8.7");
    client.server.write_console(&place, "login:");
    client.server.set_guest_attribute(&place, "hostkeys", "ssh-ed25519", "AAAA");
    let here = format!("zones/{ZONE}/instances/one");
    assert_eq!(client.get(&here)["networkInterfaces"][0]["networkIP"], "127.9.8.7");
    let console = client.get(&format!("{here}/serialPort?start=3"));
    assert_eq!((&console["contents"], &console["next"]), (&json!("in:"), &json!("6")));
    let attributes = client.get(&format!("{here}/getGuestAttributes?queryPath=hostkeys/"));
    assert_eq!(attributes["queryValue"]["items"][0]["value"], "AAAA");
    assert_eq!(client.refused("GET", &format!("{here}/getGuestAttributes?queryPath=other/"), &Value::Null).0, 404);
    client.server.power_off(&place);
    eventually("the machine ends", || (told.lock().unwrap().last() == Some(&Life::Ends(place.clone()))).then_some(()));
    assert_eq!(client.status("one").as_deref(), Some("TERMINATED"));
    client.post(&format!("{here}/start"), &Value::Null);
    eventually("it begins again", || (told.lock().unwrap().len() == 3).then_some(()));
    client.delete(&here);
    eventually("it ends again", || (told.lock().unwrap().len() == 4).then_some(()));
}
