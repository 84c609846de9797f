//! Requests that Google's description does not allow, or that this server does not know.

use hoist_test_support::google::{Checker, Document, Faults, PROJECT, ZONE};
use serde_json::{Value, json};

use super::client::{Client, instance, properties};

#[track_caller]
fn refused(client: &Client, method: &str, path: &str, body: &Value, reason: &str, part: &str) {
    let (status, told, message) = client.refused(method, path, body);
    assert_eq!((status, told.as_str()), (400, reason), "{message}");
    assert!(message.contains(part), "{message}");
    let violations = client.server.take_violations();
    assert_eq!(violations.len(), 1, "{violations:?}");
}

#[test]
fn a_request_that_does_not_fit_is_refused_and_noted() {
    let Some(client) = Client::new(Faults::default()) else { return };
    let here = format!("zones/{ZONE}/instances");
    let post = |body: &Value, reason: &str, part: &str| refused(&client, "POST", &here, body, reason, part);
    post(&instance("one", json!({"machinetype": "e2-small"})), "badRequest", "Unknown name \"machinetype\"");
    let enumeration = json!({"scheduling": {"provisioningModel": "SPOTT"}});
    post(&instance("one", enumeration), "invalid", "'resource.scheduling.provisioningModel': 'SPOTT'");
    let number = json!({"scheduling": {"maxRunDuration": {"seconds": 3600}}});
    post(&instance("one", number), "invalid", "'resource.scheduling.maxRunDuration.seconds': '3600' is no string");
    let no_number = json!({"scheduling": {"maxRunDuration": {"seconds": "an hour"}}});
    post(&instance("one", no_number), "invalid", "'an hour' is no int64");
    post(&instance("one", json!({"canIpForward": "yes"})), "invalid", "is no boolean");
    post(&instance("One", json!({})), "invalid", "'resource.name': 'One'");
    post(&instance("one", json!({"tags": {"items": ["web", "Two"]}})), "invalid", "'resource.tags.items[1]': 'Two'");
    post(&instance("one", json!({"tags": {"fingerprint": "no base64"}})), "invalid", "is no byte");
    let nameless = json!({"metadata": {"items": [{"key": "user-data"}]}});
    post(&instance("one", nameless), "required", "Required field 'resource.metadata.items[0].value'");
    let mut without_name = instance("one", json!({}));
    without_name.as_object_mut().unwrap().remove("name");
    post(&without_name, "required", "Required field 'resource.name'");
    post(&Value::Null, "invalid", "A body is needed");
    assert_eq!(client.server.instances(), []);
}

#[test]
fn parameters_are_looked_at_too() {
    let Some(client) = Client::new(Faults::default()) else { return };
    let get = |path: &str, reason: &str, part: &str| refused(&client, "GET", path, &Value::Null, reason, part);
    get(&format!("zones/{ZONE}/instances?filtre=x"), "invalid", "Unknown name \"filtre\"");
    get("zones/Zone/instances", "invalid", "'zone': 'Zone'");
    get(&format!("zones/{ZONE}/instances?maxResults=many"), "invalid", "'maxResults': '\"many\"' is no integer");
    get(&format!("zones/{ZONE}/instances/one/serialPort?port=5"), "invalid", "'port': '5'");
    get(&format!("zones/{ZONE}/instances?fields=items(name)"), "invalid", "Fields within fields");
    let instance = format!("zones/{ZONE}/instances/one");
    refused(&client, "DELETE", &instance, &json!({}), "invalid", "takes no body");
    refused(&client, "POST", &format!("{instance}/stop"), &json!({"a": 1}), "invalid", "takes no body");
    get("zones?$alt=proto", "invalid", "Unknown name \"$alt\"");
    let (status, ..) = client.refused("GET", "zone/a", &Value::Null);
    assert_eq!((status, client.server.take_violations().len()), (404, 1));
}

#[test]
fn what_clients_send_beside_the_description_is_taken() {
    let Some(client) = Client::new(Faults::default()) else { return };
    assert_eq!(client.names("zones?$alt=json&$apiVersion=2026-09-01&prettyPrint=false").len(), 10);
    client.insert(&instance("one", json!({})));
    client.post(&format!("zones/{ZONE}/instances/one/stop?$alt=json"), &json!({}));
    assert_eq!(client.status("one").as_deref(), Some("TERMINATED"));
}

#[test]
fn what_google_has_and_the_server_has_not_is_no_silent_success() {
    let Some(client) = Client::new(Faults::default()) else { return };
    let reset = format!("zones/{ZONE}/instances/one/reset");
    refused(&client, "POST", &reset, &Value::Null, "invalid", "compute.instances.reset is not known here");
    let order = format!("zones/{ZONE}/instances?orderBy=creationTimestamp%20desc");
    refused(&client, "GET", &order, &Value::Null, "invalid", "orderBy");
    for filter in ["name%20%3A%20x", "creationTimestamp%3E2020", "(name%3Da)%20OR%20(name%3Db)", "labels.a%3Ab*"] {
        let path = format!("zones/{ZONE}/instances?filter={filter}");
        refused(&client, "GET", &path, &Value::Null, "invalid", "not known here");
    }
    let bulk = json!({"count": "1", "namePattern": "a-#", "instanceProperties": properties(),
        "locationPolicy": {"locations": {"zones/us-central1-x": {"preference": "DENY"}}}});
    let (status, reason, _) = client.refused("POST", "regions/us-central1/instances/bulkInsert", &bulk);
    // What is well written and wrong all the same is no violation of the description.
    assert_eq!((status, reason.as_str(), client.server.take_violations().len()), (400, "invalid", 0));
}

#[test]
fn the_checker_finds_every_problem_and_its_place() {
    let document = Document::compute().unwrap();
    let (method, parameters) = document.route("GET", "/compute/v1/projects/p/global/images/family/debian-13").unwrap();
    assert_eq!((method.id.as_str(), parameters["family"].as_str()), ("compute.images.getFromFamily", "debian-13"));
    assert!(document.route("GET", &format!("/compute/v2/projects/{PROJECT}")).is_none());
    let mut checker = Checker::new(document, "compute.instances.insert");
    let disks = json!([{"boot": 1}, {"initializeParams": {"diskSizeGb": 10}}]);
    let value = json!({"name": "a", "id": "-1", "disks": disks, "labels": {"a": 1}, "serviceAccounts": {}});
    checker.named("Instance", &value, "resource");
    let mut places: Vec<&str> = checker.problems.iter().map(|problem| problem.at.as_str()).collect();
    places.sort_unstable();
    let expected = [
        "resource.disks[0].boot",
        "resource.disks[1].initializeParams.diskSizeGb",
        "resource.id",
        "resource.labels.a",
        "resource.serviceAccounts",
    ];
    assert_eq!(places, expected);
}
