//! Requests that come again, names that are taken, and operations on their way.

use std::time::Duration;

use hoist_test_support::google::{Effect, Faults, IMAGE, Place, ZONE};
use serde_json::{Value, json};

use super::client::{Client, instance};

const ID: &str = "0f0f3a52-5b0e-4a53-8d34-2f1c6c3f9a01";

#[test]
fn a_repeated_request_is_the_same_operation_until_it_is_forgotten() {
    let faults =
        Faults::new(1).request_memory(Duration::from_secs(600)).first(1, "compute.instances.insert", Effect::LostAfter);
    let Some(client) = Client::new(faults) else { return };
    let path = format!("zones/{ZONE}/instances?requestId={ID}");
    let one = instance("one", json!({}));
    client.send("POST", &path, &one).unwrap_err();
    let first = client.post(&path, &one);
    assert_eq!(client.post(&path, &one)["name"], first["name"]);
    assert_eq!((client.server.instances().len(), client.server.count("compute.instances.insert")), (1, 3));
    // A time later, the name alone keeps it from being made twice.
    client.server.advance(Duration::from_secs(601));
    let (status, reason, message) = client.refused("POST", &path, &one);
    assert_eq!((status, reason.as_str()), (409, "alreadyExists"));
    assert_eq!(message, format!("The resource 'projects/hoist-tests/zones/{ZONE}/instances/one' already exists"));
}

#[test]
fn an_id_of_a_request_is_one_and_of_no_other() {
    let Some(client) = Client::new(Faults::default()) else { return };
    for wrong in ["one", "00000000-0000-0000-0000-000000000000"] {
        let path = format!("zones/{ZONE}/instances?requestId={wrong}");
        assert_eq!(client.refused("POST", &path, &instance("one", json!({}))).1, "invalid");
    }
    let path = format!("zones/{ZONE}/instances?requestId={ID}");
    client.post(&path, &instance("one", json!({})));
    assert_eq!(client.refused("POST", &path, &instance("two", json!({}))).0, 400);
    assert_eq!(client.server.take_violations().len(), 1);
    assert_eq!(client.server.instances().len(), 1);
}

#[test]
fn an_operation_runs_and_is_done_and_so_is_its_instance() {
    let faults = Faults::new(1).time_to_run(Duration::from_secs(60), Duration::from_secs(60));
    let Some(client) = Client::new(faults) else { return };
    let begun = client.insert(&instance("one", json!({})));
    assert_eq!((&begun["status"], &begun["progress"]), (&json!("RUNNING"), &json!(0)));
    assert_eq!(client.status("one").as_deref(), Some("PROVISIONING"));
    client.server.advance(Duration::from_secs(90));
    assert_eq!(client.status("one").as_deref(), Some("STAGING"));
    let half = client.operation(&begun);
    assert_eq!((&half["status"], &half["progress"]), (&json!("RUNNING"), &json!(75)));
    assert!(half["endTime"].is_null() && half["error"].is_null(), "{half:#}");
    client.server.advance(Duration::from_secs(31));
    assert_eq!(client.status("one").as_deref(), Some("RUNNING"));
    let done = client.operation(&begun);
    assert_eq!((&done["status"], &done["progress"]), (&json!("DONE"), &json!(100)));
    assert_eq!(client.names(&format!("zones/{ZONE}/operations")), [begun["name"].as_str().unwrap()]);
    assert_eq!(client.operation(&json!({"name": done["id"]}))["name"], begun["name"]);
}

#[test]
fn waiting_ends_with_the_operation_or_after_two_minutes() {
    const DAY: Duration = Duration::from_secs(24 * 60 * 60);
    // Two minutes are a tenth of a second, and a day is more than a minute.
    let Some(client) = Client::new(Faults::new(1).time_to_run(DAY, Duration::ZERO).clock_speed(1200.0)) else { return };
    let wait = |name: &str| {
        let begun = client.insert(&instance(name, json!({})));
        let path = format!("zones/{ZONE}/operations/{}/wait", begun["name"].as_str().unwrap());
        client.post(&path, &Value::Null)["status"].clone()
    };
    assert_eq!(wait("one"), "RUNNING");
    client.server.change(|faults| faults.time_to_stage = Duration::from_secs(60));
    assert_eq!(wait("two"), "DONE");
}

#[test]
fn a_disk_that_stayed_is_in_the_way_of_a_new_instance() {
    let Some(client) = Client::new(Faults::default()) else { return };
    let mut one = instance("one", json!({}));
    one["disks"][0]["autoDelete"] = json!(false);
    client.insert(&one);
    let disk = format!("zones/{ZONE}/disks/one");
    assert_eq!(client.refused("DELETE", &disk, &Value::Null).1, "resourceInUseByAnotherResource");
    client.delete(&format!("zones/{ZONE}/instances/one"));
    assert_eq!(client.status("one"), None);
    assert_eq!(client.server.disks(), [Place::new(ZONE, "one")]);
    assert!(client.get(&disk)["users"].as_array().unwrap().is_empty());
    let (status, _, message) = client.refused("POST", &format!("zones/{ZONE}/instances"), &one);
    assert_eq!((status, message.contains("/disks/one' already exists")), (409, true), "{message}");
    client.delete(&disk);
    client.insert(&instance("one", json!({})));
    client.delete(&format!("zones/{ZONE}/instances/one"));
    assert_eq!(client.status("one"), None);
    assert_eq!(client.server.disks(), []);
}

#[test]
fn what_cannot_be_made_is_refused_with_its_place() {
    let Some(client) = Client::new(Faults::default()) else { return };
    let path = format!("zones/{ZONE}/instances");
    let refused = |fields: Value, field: &str, why: &str| {
        let (status, reason, message) = client.refused("POST", &path, &instance("one", fields));
        assert_eq!((status, reason.as_str()), (400, "invalid"), "{message}");
        assert!(message.contains(field) && message.contains(why), "{message}");
    };
    refused(json!({"machineType": "e2-small"}), "resource.machineType", "The URL is malformed");
    refused(json!({"labels": {"Owner": "x"}}), "resource.labels", "Label key 'Owner'");
    refused(json!({"labels": {"owner": "a.b"}}), "resource.labels", "Label value 'a.b'");
    let twice = json!({"metadata": {"items": [{"key": "a", "value": "1"}, {"key": "a", "value": "2"}]}});
    refused(twice, "resource.metadata.items", "duplicate");
    let long = json!({"metadata": {"items": [{"key": "a", "value": "x".repeat(262_145)}]}});
    refused(long, "resource.metadata.items[0].value", "longer than 262144 bytes");
    let image = |image: &str| json!({"disks": [{"boot": true, "initializeParams": {"sourceImage": image}}]});
    let missing = "projects/debian-cloud/global/images/family/debian-1";
    refused(image(missing), "resource.disks[0].initializeParams.sourceImage", "cannot be found");
    let arm = "projects/debian-cloud/global/images/family/debian-13-arm64";
    refused(image(arm), "", "architecture (ARM64) is not compatible with machine type architecture (X86_64)");
    refused(json!({"disks": []}), "resource.disks", "At least one disk");
    refused(json!({"networkInterfaces": []}), "resource.networkInterfaces", "At least one network interface");
    let elsewhere = json!({"networkInterfaces": [{"subnetwork": "regions/europe-west1/subnetworks/default"}]});
    refused(elsewhere, "resource.networkInterfaces[0].subnetwork", "not in the region");
    let mut small = image(IMAGE);
    small["disks"][0]["initializeParams"]["diskSizeGb"] = json!("5");
    refused(small, "diskSizeGb", "cannot be smaller than the image size (10 GB)");
    let restarted = json!({"scheduling": {"provisioningModel": "SPOT", "automaticRestart": true}});
    refused(restarted, "resource.scheduling.automaticRestart", "must have automatic restart be false");
    let unlimited = json!({"scheduling": {"instanceTerminationAction": "DELETE"}});
    refused(unlimited, "resource.scheduling.instanceTerminationAction", "needs a Spot VM");
    let short = json!({"scheduling": {"maxRunDuration": {"seconds": "29"}, "instanceTerminationAction": "DELETE"}});
    refused(short, "resource.scheduling.maxRunDuration", "from 30 to 10368000 seconds");
    assert_eq!(
        client.refused("GET", "zones/us-central1-x/instances", &Value::Null).2,
        "Invalid value for field 'zone': 'us-central1-x'. Unknown zone."
    );
    assert_eq!((client.server.instances().len(), client.server.disks().len()), (0, 0));
}
