//! What goes wrong with calls, and what is noted of them.

use std::time::{Duration, Instant};

use hoist_test_support::google::{Effect, Faults, GoogleError, OperationError, ZONE};
use serde_json::{Value, json};

use super::client::{Client, instance};

#[test]
fn a_reply_is_lost_cut_short_late_or_wrong_after_the_effect() {
    let insert = "compute.instances.insert";
    let faults = Faults::new(1)
        .script(insert, 0, 1, Effect::LostAfter)
        .script(insert, 1, 1, Effect::CutShort)
        .script(insert, 2, 1, GoogleError::backend().effect_afterwards())
        .script(insert, 3, 1, Effect::Slow(Duration::from_millis(150)))
        .script(insert, 4, 1, Effect::LostBefore)
        .script(insert, 5, 1, Effect::Page(502));
    let Some(client) = Client::new(faults) else { return };
    let path = format!("zones/{ZONE}/instances");
    let send = |name: &str| client.send("POST", &path, &instance(name, json!({})));
    send("lost").unwrap_err();
    send("cut").unwrap_err();
    assert_eq!(send("wrong").unwrap().0, 503);
    let began = Instant::now();
    assert_eq!(send("late").unwrap().0, 200);
    assert!(began.elapsed() >= Duration::from_millis(150));
    send("never").unwrap_err();
    let (status, page) = send("page").unwrap();
    assert!(status == 502 && page.as_str().unwrap().contains("Error 502 (Server Error)"), "{page}");
    assert_eq!(client.names(&path), ["cut", "late", "lost", "wrong"]);
    let noted: Vec<_> = client.server.calls().iter().map(|call| (call.status, call.effect.is_some())).collect();
    let of = |status| (status, true);
    let expected = [of(None), of(None), of(Some(503)), of(Some(200)), of(None), of(Some(502)), (Some(200), false)];
    assert_eq!(noted, expected);
    let call = &client.server.calls()[0];
    assert_eq!(
        (call.method.as_str(), call.parameters["zone"].as_str(), &call.body["name"]),
        (insert, ZONE, &json!("lost"))
    );
}

#[test]
fn chance_strikes_as_often_as_it_is_told_to_and_the_same_calls_again() {
    let run = || {
        let faults = Faults::new(3).throttled(0.3).server_errors(0.2).only(&["compute.zones.*"]);
        let client = Client::new(faults)?;
        for _ in 0..100 {
            client.send("GET", "zones", &Value::Null).unwrap();
            client.send("GET", "regions", &Value::Null).unwrap();
        }
        let calls = client.server.calls();
        assert!(calls.iter().all(|call| call.method == "compute.zones.list" || call.status == Some(200)));
        let reasons = client.server.reason_counts();
        assert!((15..45).contains(&reasons["rateLimitExceeded"]), "{reasons:?}");
        assert_eq!(client.server.counts()["compute.regions.list"], 100);
        Some(calls.iter().map(|call| (call.status, call.reason.clone())).collect::<Vec<_>>())
    };
    let first = run();
    let statuses: Vec<Option<u16>> = first.iter().flatten().map(|(status, _)| *status).collect();
    for status in [403, 429, 502, 503] {
        assert!(statuses.contains(&Some(status)), "{status}");
    }
    assert_eq!(first, run());
}

#[test]
fn whoever_may_not_is_told_what_he_lacks() {
    let Some(client) = Client::new(Faults::new(1).token("right")) else { return };
    let (status, body) = client.send("GET", "zones", &Value::Null).unwrap();
    assert_eq!((status, &body["error"]["status"]), (401, &json!("UNAUTHENTICATED")));
    let client = client.with_token("right");
    assert_eq!(client.names("zones").len(), 10);
    client.server.change(|faults| faults.disabled = true);
    let (status, body) = client.send("GET", "zones", &Value::Null).unwrap();
    let error = &body["error"];
    assert_eq!((status, &error["errors"][0]["reason"]), (403, &json!("accessNotConfigured")));
    let details = &error["details"][0];
    assert_eq!(
        (&details["reason"], &details["metadata"]["service"]),
        (&json!("SERVICE_DISABLED"), &json!("compute.googleapis.com"))
    );
    client.server.change(|faults| faults.disabled = false);
    let path = format!("zones/{ZONE}/instances");
    let one = instance("one", json!({"labels": {"a": "b"}}));
    let lacks = |permission: &str, place: &str| {
        client.server.change(|faults| faults.denied = vec![permission.to_owned()]);
        let (status, reason, message) = client.refused("POST", &path, &one);
        assert_eq!((status, reason.as_str()), (403, "forbidden"));
        assert_eq!(message, format!("Required '{permission}' permission for 'projects/hoist-tests/{place}'"));
    };
    lacks("compute.instances.create", &format!("zones/{ZONE}/instances/one"));
    lacks("compute.instances.setLabels", &format!("zones/{ZONE}/instances/one"));
    lacks("compute.disks.create", &format!("zones/{ZONE}/disks/one"));
    lacks("compute.subnetworks.use", "regions/us-central1/subnetworks/default");
    // No metadata, no account and no address outside were asked for.
    for needless in ["compute.instances.setMetadata", "iam.serviceAccounts.actAs", "compute.subnetworks.useExternalIp"]
    {
        client.server.change(|faults| faults.denied = vec![needless.to_owned()]);
    }
    client.insert(&one);
    client.server.change(|faults| faults.denied = vec!["compute.instances.list".to_owned()]);
    let (_, _, message) = client.refused("GET", "aggregated/instances", &Value::Null);
    assert_eq!(message, "Required 'compute.instances.list' permission for 'projects/hoist-tests'");
}

#[test]
fn a_watcher_sees_calls_before_and_after_their_effect() {
    use std::sync::{Arc, Mutex};

    use hoist_test_support::google::Moment;
    let Some(client) = Client::new(Faults::default()) else { return };
    let seen = Arc::new(Mutex::new(Vec::new()));
    let noted = Arc::clone(&seen);
    client.server.watch(move |call, moment| noted.lock().unwrap().push((call.method.clone(), moment)));
    client.insert(&instance("one", json!({})));
    let insert = "compute.instances.insert".to_owned();
    assert_eq!(*seen.lock().unwrap(), [(insert.clone(), Moment::Come), (insert, Moment::Done)]);
}

#[test]
fn whoever_repeats_requests_with_their_ids_gets_each_instance_once() {
    let insert = "compute.instances.insert";
    let failing = OperationError::new("INTERNAL_ERROR", "Internal error.");
    let faults = Faults::new(5).lost_replies(0.1).throttled(0.3).only(&[insert]).failing(0.05, failing);
    let Some(client) = Client::new(faults) else { return };
    let mut repeated = 0;
    for number in 0..60 {
        let path = format!("zones/{ZONE}/instances?requestId=0f0f3a52-5b0e-4a53-8d34-{number:012x}");
        let one = instance(&format!("one-{number}"), json!({}));
        while !matches!(client.send("POST", &path, &one), Ok((200, _))) {
            repeated += 1;
        }
    }
    assert!(repeated > 10, "{repeated}");
    let operations = client.get(&format!("zones/{ZONE}/operations"));
    let operations = operations["items"].as_array().unwrap();
    let failed = operations.iter().filter(|operation| !operation["error"].is_null()).count();
    assert!((1..10).contains(&failed), "{failed}");
    assert_eq!((operations.len(), client.server.instances().len()), (60, 60 - failed));
}
