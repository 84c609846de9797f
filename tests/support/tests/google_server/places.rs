//! Zones, machine types, images, networks, templates: what is there, and what is not.

use hoist_test_support::google::{Faults, ZONE};
use serde_json::{Value, json};

use super::client::{Client, instance, properties};

#[test]
fn a_family_is_its_newest_image_of_ones_own_too() {
    let Some(client) = Client::new(Faults::default()) else { return };
    client.server.make_image("base-1", Some("base"), "X86_64");
    client.server.make_image("base-2", Some("base"), "X86_64");
    assert_eq!(client.get("global/images/family/base")["name"], "base-2");
    assert_eq!(client.names("global/images?filter=family%3Dbase"), ["base-1", "base-2"]);
    assert_eq!(client.refused("GET", "global/images/family/none", &Value::Null).0, 404);
    let disks = json!({"disks": [{"boot": true, "initializeParams": {"sourceImage": "global/images/family/base"}}]});
    client.insert(&instance("one", disks));
    assert_eq!(client.server.instances()[0].image, "projects/hoist-tests/global/images/base-2");
}

#[test]
fn an_answer_may_be_cut_down_to_some_fields() {
    let Some(client) = Client::new(Faults::default()) else { return };
    assert_eq!(
        client.get("?fields=name,defaultNetworkTier"),
        json!({"name": "hoist-tests", "defaultNetworkTier": "PREMIUM"})
    );
}

#[test]
fn not_every_zone_has_every_machine_type() {
    let Some(client) = Client::new(Faults::default()) else { return };
    let name = |zone: &str| client.names(&format!("zones/{zone}/machineTypes?filter=name%3Dt2a-standard-1"));
    assert_eq!((name("us-central1-a").len(), name("us-central1-c").len()), (1, 0));
    let (status, _, message) = client.refused("GET", &format!("zones/{ZONE}/machineTypes/e9-huge"), &Value::Null);
    assert_eq!((status, message.contains("machineTypes/e9-huge' was not found")), (404, true), "{message}");
    let arm = json!({"machineType": format!("zones/{ZONE}/machineTypes/t2a-standard-1")});
    let (_, _, message) = client.refused("POST", &format!("zones/{ZONE}/instances"), &instance("one", arm));
    assert!(message.contains("architecture"), "{message}");
}

#[test]
fn templates_and_firewalls_come_and_go_once() {
    let Some(client) = Client::new(Faults::default()) else { return };
    let regional = "regions/us-central1/instanceTemplates";
    let template = json!({"name": "worker", "properties": properties()});
    client.post(regional, &template);
    assert_eq!(client.refused("POST", regional, &template).1, "alreadyExists");
    assert_eq!((client.names(regional).len(), client.names("global/instanceTemplates").len()), (1, 0));
    let order = json!({"count": "2", "namePattern": "w-#", "instanceProperties": {"labels": {"a": "b"}},
        "sourceInstanceTemplate": "projects/hoist-tests/regions/us-central1/instanceTemplates/worker"});
    client.post("regions/us-central1/instances/bulkInsert", &order);
    let made = client.server.instances();
    assert_eq!((made.len(), made[0].machine_type.as_str(), made[0].labels["a"].as_str()), (2, "e2-small", "b"));
    client.delete(&format!("{regional}/worker"));
    assert_eq!(client.refused("DELETE", &format!("{regional}/worker"), &Value::Null).0, 404);
    let none = json!({"name": "f", "network": "global/networks/none", "allowed": [{"IPProtocol": "tcp"}]});
    assert_eq!(client.refused("POST", "global/firewalls", &none).0, 404);
    let both = json!({"name": "f", "allowed": [{"IPProtocol": "tcp"}], "denied": [{"IPProtocol": "udp"}]});
    assert_eq!(client.refused("POST", "global/firewalls", &both).1, "invalid");
    let firewall = client.post("global/firewalls", &json!({"name": "f", "allowed": [{"IPProtocol": "tcp"}]}));
    assert_eq!(firewall["targetLink"], "https://www.googleapis.com/compute/v1/projects/hoist-tests/global/firewalls/f");
    assert_eq!(client.get("global/firewalls/f")["priority"], 1000);
}
