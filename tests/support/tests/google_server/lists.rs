//! Lists: late, in parts, filtered, in pages.

use std::time::Duration;

use hoist_test_support::google::{Faults, Visible, ZONE};
use serde_json::{Value, json};

use super::client::{Client, instance, properties};

fn few(client: &Client) {
    for (name, owner) in [("a", "x"), ("b", "y"), ("c", "x")] {
        client.insert(&instance(name, json!({"labels": {"owner": owner}})));
    }
    client.insert(&instance("d", json!({})));
}

#[test]
fn a_new_instance_is_seen_late_by_time_or_by_number_of_looks() {
    let Some(client) = Client::new(Faults::new(1).visible(Visible::After(Duration::from_secs(30)))) else { return };
    let list = format!("zones/{ZONE}/instances");
    client.insert(&instance("one", json!({})));
    assert_eq!((client.names(&list), client.status("one")), (vec![], None));
    assert_eq!(client.refused("DELETE", &format!("{list}/one"), &Value::Null).0, 404);
    assert_eq!(client.refused("POST", &list, &instance("one", json!({}))).0, 409, "it is there all the same");
    client.server.advance(Duration::from_secs(31));
    assert_eq!((client.names(&list).len(), client.status("one").is_some()), (1, true));
    client.server.change(|faults| faults.visible = Visible::AfterReads(2));
    client.insert(&instance("two", json!({})));
    let seen: Vec<usize> = (0..4).map(|_| client.names(&list).len()).collect();
    // The first had been missed by a list and two looks.
    assert_eq!(seen, [1, 1, 2, 2]);
}

#[test]
fn filters_choose() {
    let Some(client) = Client::new(Faults::default()) else { return };
    few(&client);
    client.post(&format!("zones/{ZONE}/instances/c/stop"), &Value::Null);
    let found = |filter: &str| {
        let encoded = filter.bytes().map(|byte| format!("%{byte:02x}")).collect::<String>();
        client.names(&format!("zones/{ZONE}/instances?filter={encoded}")).concat()
    };
    assert_eq!(found(""), "abcd");
    assert_eq!(found("labels.owner = \"x\""), "ac");
    assert_eq!(found("labels.owner=x"), "ac");
    assert_eq!(found("labels.owner != x"), "bd");
    assert_eq!(found("labels.owner:*"), "abc");
    assert_eq!(found("(labels.owner = \"x\") (status = RUNNING)"), "a");
    assert_eq!(found("(labels.owner = x) AND (status = TERMINATED)"), "c");
    assert_eq!(found("name eq '[ab]'"), "ab");
    assert_eq!(found("name eq a|d"), "ad");
    assert_eq!(found("(name ne a) (status eq RUNNING)"), "bd");
    assert_eq!(found("status = RUN"), "", "all of a value counts");
    let mixed = "%28name%20eq%20a%29%20%28status%3DRUNNING%29";
    let path = format!("zones/{ZONE}/instances?filter={mixed}");
    let (status, _, message) = client.refused("GET", &path, &Value::Null);
    assert_eq!((status, message.contains("cannot be mixed")), (400, true), "{message}");
}

#[test]
fn pages_go_on_where_they_ended_whatever_comes_and_goes() {
    let Some(client) = Client::new(Faults::default()) else { return };
    few(&client);
    let list = format!("zones/{ZONE}/instances");
    let first = client.get(&format!("{list}?maxResults=2"));
    assert_eq!(first["items"].as_array().unwrap().len(), 2);
    client.delete(&format!("{list}/a"));
    let token = first["nextPageToken"].as_str().unwrap().replace('=', "%3D");
    let next = client.get(&format!("{list}?maxResults=2&pageToken={token}"));
    let names: Vec<Value> = next["items"].as_array().unwrap().iter().map(|item| item["name"].clone()).collect();
    assert_eq!((names, &next["nextPageToken"]), (vec![json!("c"), json!("d")], &Value::Null));
    assert_eq!(client.refused("GET", &format!("{list}?maxResults=501"), &Value::Null).1, "invalid");
    assert_eq!(client.refused("GET", &format!("{list}?pageToken=zzz"), &Value::Null).1, "invalid");
}

#[test]
fn a_zone_that_does_not_answer_is_told_and_not_taken_for_empty() {
    let Some(client) = Client::new(Faults::default()) else { return };
    few(&client);
    client.server.change(|faults| faults.unreachable.push(ZONE.to_owned()));
    let all = client.get("aggregated/instances");
    let scope = format!("zones/{ZONE}");
    assert_eq!(all["unreachables"], json!([scope]));
    assert_eq!(all["items"][&scope]["warning"]["code"], "UNREACHABLE");
    assert_eq!(all["items"]["zones/us-central1-b"]["warning"]["code"], "NO_RESULTS_ON_PAGE");
    let (status, reason, _) = client.refused("GET", &format!("zones/{ZONE}/instances"), &Value::Null);
    assert_eq!((status, reason.as_str()), (503, "backendError"));
    let order = json!({"count": "2", "namePattern": "e-#", "instanceProperties": properties()});
    client.post("regions/us-central1/instances/bulkInsert", &order);
    assert_eq!(client.server.instances().iter().filter(|one| one.place.zone == ZONE).count(), 4, "all are elsewhere");
    client.server.change(|faults| faults.unreachable.clear());
    let all = client.get("aggregated/instances");
    assert_eq!(all["items"][&scope]["instances"].as_array().unwrap().len(), 4);
    assert_eq!(all["unreachables"], Value::Null);
}
