//! The metadata server, as programs on a machine use it.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use hoist_test_support::google::{Faults, Place, ZONE};
use hoist_test_support::judges::said;
use serde_json::{Value, json};

use super::client::{Client, instance};
use super::judge::python_with_google;

/// Status and all of an answer.
fn ask(host: &str, method: &str, path: &str, flavor: &str, body: &str) -> (u16, String) {
    let mut connection = TcpStream::connect(host).unwrap();
    let length = body.len();
    let head = format!("{method} {path} HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\ncontent-length: {length}\r\n");
    connection.write_all(format!("{head}{flavor}\r\n{body}").as_bytes()).unwrap();
    let mut answer = String::new();
    connection.read_to_string(&mut answer).unwrap();
    let (head, body) = answer.split_once("\r\n\r\n").unwrap();
    assert!(head.to_lowercase().contains("metadata-flavor: google"), "{head}");
    (head.split(' ').nth(1).unwrap().parse().unwrap(), body.to_owned())
}

fn get(host: &str, path: &str) -> (u16, String) {
    ask(host, "GET", &format!("/computeMetadata/v1/{path}"), "metadata-flavor: Google\r\n", "")
}

fn machine(client: &Client) -> Place {
    let items = json!([{"key": "user-data", "value": "#cloud-config\n"}, {"key": "hoist-until", "value": "1"}]);
    let account = json!({"email": "worker@hoist-tests.iam.gserviceaccount.com",
        "scopes": ["https://www.googleapis.com/auth/cloud-platform"]});
    let scheduling = json!({"provisioningModel": "SPOT", "instanceTerminationAction": "DELETE"});
    let fields = json!({"metadata": {"items": items}, "serviceAccounts": [account], "scheduling": scheduling});
    client.insert(&instance("one", fields));
    Place::new(ZONE, "one")
}

#[test]
fn googles_own_credentials_come_from_the_machine() {
    let Some(client) = Client::new(Faults::default()) else { return };
    let server = client.server.metadata_server(&machine(&client));
    let mut judge = python_with_google("credentials.py");
    judge.env("GCE_METADATA_HOST", server.host()).env("GCE_METADATA_IP", server.host());
    judge.env("HOME", "/nonexistent");
    judge.env_remove("GOOGLE_APPLICATION_CREDENTIALS").env_remove("NO_GCE_CHECK");
    let judged = judge.output().unwrap();
    assert!(judged.status.success(), "{}", said(&judged));
}

#[test]
fn a_machine_finds_itself_and_who_waits_is_told_of_changes() {
    let Some(client) = Client::new(Faults::new(1).time_to_die(Duration::from_secs(30))) else { return };
    let place = machine(&client);
    assert_eq!(client.status("one").as_deref(), Some("RUNNING"));
    let server = client.server.metadata_server(&place);
    let host = server.host();
    assert_eq!(get(&host, "instance/attributes/"), (200, "hoist-until\nuser-data\n".to_owned()));
    assert_eq!(get(&host, "instance/attributes/none").0, 404);
    assert_eq!(get(&host, "instance/zone").1, format!("projects/123456789012/zones/{ZONE}"));
    assert_eq!(ask(&host, "GET", "/computeMetadata/v1/instance/name", "", "").0, 403);
    let set = |path: &str| ask(&host, "PUT", path, "metadata-flavor: Google\r\n", "AAAA").0;
    assert_eq!(set("/computeMetadata/v1/instance/guest-attributes/hostkeys/ssh-ed25519"), 403, "they are off");
    let here = format!("zones/{ZONE}/instances/one");
    std::thread::scope(|scope| {
        let until = scope.spawn(|| get(&host, "instance/attributes/hoist-until?wait_for_change=true&timeout_sec=60"));
        let items = json!([{"key": "hoist-until", "value": "2"}, {"key": "enable-guest-attributes", "value": "true"}]);
        let fingerprint = client.get(&here)["metadata"]["fingerprint"].clone();
        // Whoever asks a little later is answered by what he knew last.
        client.post(&format!("{here}/setMetadata"), &json!({"items": items, "fingerprint": fingerprint}));
        let again = get(&host, "instance/attributes/hoist-until?wait_for_change=true&last_etag=0");
        assert_eq!(again, (200, "2".to_owned()));
        client.server.preempt(&place);
        assert_eq!(get(&host, "instance/preempted"), (200, "TRUE".to_owned()));
        client.server.advance(Duration::from_secs(31));
        let seen = until.join().unwrap();
        assert!(seen == (200, "2".to_owned()) || seen.0 == 404, "{seen:?}");
    });
    assert_eq!(get(&host, "instance/name").0, 404, "there is no machine any more");
    assert_eq!(client.send("GET", &here, &Value::Null).unwrap().0, 404);
}

#[test]
fn a_guest_tells_its_host_keys_and_waits_no_longer_than_it_says() {
    let Some(client) = Client::new(Faults::default()) else { return };
    let items = json!([{"key": "enable-guest-attributes", "value": "TRUE"}]);
    client.insert(&instance("one", json!({"metadata": {"items": items}})));
    let server = client.server.metadata_server(&Place::new(ZONE, "one"));
    let path = "/computeMetadata/v1/instance/guest-attributes/hostkeys/ssh-ed25519";
    assert_eq!(ask(&server.host(), "PUT", path, "metadata-flavor: Google\r\n", "AAAA").0, 200);
    let told = client.get(&format!("zones/{ZONE}/instances/one/getGuestAttributes?queryPath=hostkeys/ssh-ed25519"));
    assert_eq!(told["queryValue"]["items"][0]["value"], "AAAA");
    let preempted = get(&server.host(), "instance/preempted?wait_for_change=true&timeout_sec=0");
    assert_eq!(preempted, (200, "FALSE".to_owned()));
    // Without a service account there is no token.
    assert_eq!(get(&server.host(), "instance/service-accounts/default/token").0, 404);
}
