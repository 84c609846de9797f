//! Many instances in one call: which are made, where, and how it is told what is missing.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use hoist_test_support::google::{
    CapacityRule, Exhausted, Faults, OperationError, Partial, Place, Quota, RealInstance, Told, ZONE,
};
use serde_json::{Value, json};

use super::client::{Client, instance, properties};

const REGION: &str = "regions/us-central1";

fn named(count: usize, least: usize) -> Value {
    let names: BTreeMap<String, Value> = (0..count).map(|number| (format!("many-{number:04}"), json!({}))).collect();
    json!({"count": count.to_string(), "minCount": least.to_string(), "perInstanceProperties": names,
        "instanceProperties": properties()})
}

fn bulk(client: &Client, scope: &str, body: &Value) -> Value {
    let begun = client.post(&format!("{scope}/instances/bulkInsert"), body);
    assert_eq!((&begun["operationType"], &begun["status"]), (&json!("bulkInsert"), &json!("RUNNING")));
    client.get(&format!("{scope}/operations/{}", begun["name"].as_str().unwrap()))
}

fn codes(operation: &Value) -> Vec<&str> {
    let errors = operation["error"]["errors"].as_array();
    errors.into_iter().flatten().map(|error| error["code"].as_str().unwrap()).collect()
}

fn counts(operation: &Value, zone: &str) -> [i64; 4] {
    let of = &operation["instancesBulkInsertOperationMetadata"]["perLocationStatus"][format!("zones/{zone}")];
    ["targetVmCount", "createdVmCount", "failedToCreateVmCount", "deletedVmCount"]
        .map(|key| of[key].as_i64().unwrap_or(-1))
}

fn zones(client: &Client) -> BTreeMap<String, usize> {
    let mut zones = BTreeMap::new();
    for RealInstance { place, .. } in client.server.instances() {
        *zones.entry(place.zone).or_default() += 1;
    }
    zones
}

#[test]
fn what_there_is_is_made_and_the_rest_is_told() {
    let none = CapacityRule::none("e2-*", ZONE).left(3).told(Exhausted::WithDetails);
    let Some(client) = Client::new(Faults::new(1).capacity(none).partial(Partial::Told)) else { return };
    let done = bulk(&client, &format!("zones/{ZONE}"), &named(5, 1));
    assert_eq!(codes(&done), ["ZONE_RESOURCE_POOL_EXHAUSTED_WITH_DETAILS"]);
    assert_eq!((&done["httpErrorStatusCode"], counts(&done, ZONE)), (&json!(503), [5, 3, 2, 0]));
    assert_eq!(zones(&client), BTreeMap::from([(ZONE.to_owned(), 3)]));
    // Each instance has an operation of its own, found by the group.
    let group = done["operationGroupId"].as_str().unwrap();
    let filter = format!("operationGroupId%3D{group}");
    let all = client.get(&format!("aggregated/operations?filter={filter}"));
    let inserts = all["items"][format!("zones/{ZONE}")]["operations"].as_array().unwrap().iter();
    let failed = inserts.filter(|one| one["operationType"] == "insert" && !one["error"].is_null());
    assert_eq!(failed.count(), 2);
}

#[test]
fn a_part_is_told_by_the_numbers_alone_unless_it_is_to_be_told() {
    let faults = Faults::new(1).capacity(CapacityRule::none("*", ZONE).left(3));
    let Some(client) = Client::new(faults) else { return };
    let done = bulk(&client, &format!("zones/{ZONE}"), &named(5, 1));
    assert_eq!((codes(&done), counts(&done, ZONE)), (vec![], [5, 3, 2, 0]));
}

#[test]
fn without_the_minimum_all_goes_again() {
    let faults = Faults::new(1)
        .capacity(CapacityRule::none("*", ZONE).left(3))
        .time_to_run(Duration::from_secs(60), Duration::ZERO);
    let Some(client) = Client::new(faults) else { return };
    // Without a minimum, it is all or nothing.
    let mut order = named(5, 1);
    order.as_object_mut().unwrap().remove("minCount");
    let running = bulk(&client, &format!("zones/{ZONE}"), &order);
    let place = &running["instancesBulkInsertOperationMetadata"]["perLocationStatus"][format!("zones/{ZONE}")];
    assert_eq!(place["status"], "ROLLING_BACK");
    assert_eq!(client.names(&format!("zones/{ZONE}/instances")).len(), 3);
    client.server.advance(Duration::from_secs(61));
    let done = client.operation(&running);
    assert_eq!(codes(&done), ["VM_MIN_COUNT_NOT_REACHED", "ZONE_RESOURCE_POOL_EXHAUSTED"]);
    let message = &done["error"]["errors"][0]["message"];
    assert_eq!(message, "Requested minimum count of 5 VMs could not be created.");
    assert_eq!(counts(&done, ZONE), [5, 3, 2, 3]);
    assert_eq!(client.names(&format!("zones/{ZONE}/instances")), [""; 0]);
    assert_eq!(client.server.disks(), []);
    // Its machines are there for others.
    bulk(&client, &format!("zones/{ZONE}"), &named(3, 3));
    assert_eq!(client.server.instances().len(), 3);
}

#[test]
fn a_call_of_which_nothing_can_be_made_may_be_refused_itself() {
    let full = CapacityRule::none("*", "us-central1-*").told(Exhausted::InTheCall);
    let Some(client) = Client::new(Faults::new(1).capacity(full)) else { return };
    let path = format!("{REGION}/instances/bulkInsert");
    let (status, reason, _) = client.refused("POST", &path, &named(5, 1));
    assert_eq!((status, reason.as_str()), (503, "insufficientCapacity"));
    assert_eq!(client.server.instances(), []);
}

#[test]
fn quotas_are_told_in_the_call_or_in_the_operation() {
    let faults =
        Faults::new(1).quota(Quota::new("PREEMPTIBLE_CPUS", 7)).quota(Quota::new("CPUS", 1)).partial(Partial::Told);
    let Some(client) = Client::new(faults) else { return };
    let zone = format!("zones/{ZONE}");
    let (status, reason, message) = client.refused("POST", &format!("{zone}/instances/bulkInsert"), &named(2, 1));
    assert_eq!((status, reason.as_str()), (403, "quotaExceeded"));
    assert_eq!(message, "Quota 'CPUS' exceeded.  Limit: 1.0 in region us-central1.");
    let mut order = named(5, 1);
    order["instanceProperties"]["scheduling"] = json!({"provisioningModel": "SPOT"});
    let done = bulk(&client, &zone, &order);
    assert_eq!((codes(&done), counts(&done, ZONE)), (vec!["QUOTA_EXCEEDED"], [5, 3, 2, 0]));
    let info = &done["error"]["errors"][0]["errorDetails"][0]["quotaInfo"];
    let expected = json!({"metricName": "compute.googleapis.com/preemptible_cpus", "limit": 7.0,
        "limitName": "PREEMPTIBLE-CPUS-per-project-region", "dimensions": {"region": "us-central1"}});
    assert_eq!(*info, expected);
    let region = client.get(REGION);
    let quota = region["quotas"].as_array().unwrap().iter().find(|quota| quota["metric"] == "PREEMPTIBLE_CPUS");
    assert_eq!(quota, Some(&json!({"metric": "PREEMPTIBLE_CPUS", "limit": 7.0, "usage": 6.0})));
    client.server.change(|faults| faults.quota_told = Told::InTheOperation);
    let begun = client.insert(&instance("one", json!({})));
    assert_eq!(codes(&client.operation(&begun)), ["QUOTA_EXCEEDED"]);
    assert_eq!(client.status("one"), None);
}

#[test]
fn a_name_that_is_there_fails_alone_and_a_pattern_goes_on_after_it() {
    let Some(client) = Client::new(Faults::new(1).partial(Partial::Told)) else { return };
    client.insert(&instance("many-0001", json!({})));
    let done = bulk(&client, &format!("zones/{ZONE}"), &named(3, 1));
    assert_eq!((codes(&done), counts(&done, ZONE)), (vec!["RESOURCE_ALREADY_EXISTS"], [3, 2, 1, 0]));
    let pattern = json!({"count": "2", "namePattern": "many-####", "instanceProperties": properties()});
    bulk(&client, &format!("zones/{ZONE}"), &pattern);
    let names: Vec<String> = client.server.instances().into_iter().map(|one| one.place.name).collect();
    assert_eq!(names, ["many-0000", "many-0001", "many-0002", "many-0003", "many-0004"]);
}

#[test]
fn a_region_is_spread_over_as_its_shape_says() {
    let none = CapacityRule::none("*", "us-central1-[b]");
    let full = |zone: &str, left: usize| CapacityRule::none("*", zone).left(left);
    let faults = Faults::new(1).capacity(none).capacity(full("us-central1-a", 2)).capacity(full("us-central1-b", 30));
    let Some(client) = Client::new(faults) else { return };
    let deny = |zone: &str| (format!("zones/{zone}"), json!({"preference": "DENY"}));
    let locations: BTreeMap<String, Value> = [deny("us-central1-c"), deny("us-central1-f")].into();
    let shaped = |prefix: &str, shape: &str| {
        json!({"count": "6", "minCount": "1", "namePattern": format!("{prefix}-#"), "instanceProperties": properties(),
            "locationPolicy": {"targetShape": shape, "locations": locations}})
    };
    // One zone, and that which has the most.
    bulk(&client, REGION, &shaped("single", "ANY_SINGLE_ZONE"));
    assert_eq!(zones(&client), BTreeMap::from([("us-central1-b".to_owned(), 6)]));
    bulk(&client, REGION, &shaped("any", "ANY"));
    assert_eq!(zones(&client), BTreeMap::from([("us-central1-a".to_owned(), 2), ("us-central1-b".to_owned(), 10)]));
    client.server.change(|faults| faults.capacity.clear());
    let done = bulk(&client, REGION, &shaped("even", "BALANCED"));
    assert_eq!((counts(&done, "us-central1-a"), counts(&done, "us-central1-b")), ([3, 3, 0, 0], [3, 3, 0, 0]));
}

#[test]
fn the_first_machine_types_that_there_are_are_taken() {
    let Some(client) = Client::new(Faults::new(1).capacity(CapacityRule::none("n2-*", "*"))) else { return };
    let mut order = named(4, 1);
    order["instanceProperties"].as_object_mut().unwrap().remove("machineType");
    let selections = json!({"first": {"rank": "1", "machineTypes": ["n2-standard-2"]},
        "second": {"rank": "2", "machineTypes": ["e2-standard-2", "e2-standard-4"]}});
    order["instanceFlexibilityPolicy"] = json!({"instanceSelections": selections});
    assert_eq!(client.refused("POST", &format!("zones/{ZONE}/instances/bulkInsert"), &order).1, "invalid");
    bulk(&client, REGION, &order);
    let types: Vec<String> = client.server.instances().into_iter().map(|one| one.machine_type).collect();
    assert_eq!(types, ["e2-standard-2"; 4]);
}

#[test]
fn an_order_that_contradicts_itself_is_refused() {
    let Some(client) = Client::new(Faults::default()) else { return };
    let path = format!("zones/{ZONE}/instances/bulkInsert");
    let refused = |change: &dyn Fn(&mut Value), field: &str| {
        let mut order = named(2, 1);
        change(&mut order);
        let (status, reason, message) = client.refused("POST", &path, &order);
        assert_eq!((status, reason.as_str(), message.contains(field)), (400, "invalid", true), "{message}");
    };
    refused(&|order| order["count"] = json!("3"), "resource.perInstanceProperties");
    refused(&|order| order["minCount"] = json!("3"), "resource.minCount");
    refused(&|order| order["namePattern"] = json!("a-#"), "resource.namePattern");
    refused(&|order| order["locationPolicy"] = json!({}), "resource.locationPolicy");
    let link = json!(format!("zones/{ZONE}/machineTypes/e2-small"));
    refused(&|order| order["instanceProperties"]["machineType"] = link.clone(), "not a URL");
    refused(&|order| order["instanceProperties"]["machineType"] = json!("e9-huge"), "'e9-huge' does not exist");
    refused(&|order| order["perInstanceProperties"] = json!({"A": {}, "b": {}}), "'A'");
    let selections = json!({"instanceSelections": {"none": {"machineTypes": []}}});
    let mut order = named(2, 1);
    order["instanceFlexibilityPolicy"] = selections;
    let (_, _, message) = client.refused("POST", &format!("{REGION}/instances/bulkInsert"), &order);
    assert!(message.ends_with("A machine type is required."), "{message}");
}

#[test]
fn some_fail_within_their_operations_by_chance() {
    let error = OperationError::new("INTERNAL_ERROR", "Internal error. Please try again or contact Google Support.");
    let Some(client) = Client::new(Faults::new(7).failing(0.1, error).partial(Partial::Told)) else { return };
    let done = bulk(&client, &format!("zones/{ZONE}"), &named(200, 1));
    let [_, created, failed, _] = counts(&done, ZONE);
    assert_eq!((codes(&done), created + failed), (vec!["INTERNAL_ERROR"], 200));
    assert!((10..=30).contains(&failed), "{failed} of 200");
    assert_eq!(client.server.instances().len(), usize::try_from(created).unwrap());
}

#[test]
fn a_thousand_are_one_call_and_a_few_seconds() {
    let Some(client) = Client::new(Faults::default()) else { return };
    let began = Instant::now();
    let done = bulk(&client, REGION, &named(1000, 1));
    assert_eq!(counts(&done, ZONE), [1000, 1000, 0, 0]);
    assert!(client.server.instances().contains(&client.server.instances()[999]));
    assert_eq!(client.server.instances()[0].place, Place::new(ZONE, "many-0000"));
    assert!(began.elapsed() < Duration::from_secs(60), "{:?}", began.elapsed());
}
