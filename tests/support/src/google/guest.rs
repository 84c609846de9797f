//! The metadata server, as one machine sees it ("About VM metadata").

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Map, Value, json};

use super::cloud::Cloud;
use super::instance::Instance;
use super::place::{Place, last};
use super::{GoogleServer, NUMBER, PROJECT};
use crate::http::{Answer, Asked, Reply, Server, Service};

/// What all paths begin with.
const ROOT: &str = "/computeMetadata/v1/";

/// The access token of machines for which faults name none.
const TOKEN: &str = "ya29.of-the-machine";

/// How often a call that waits for a change looks again.
const LOOK: Duration = Duration::from_millis(5);

/// The metadata server of one machine, until it is dropped.
pub struct MetadataServer {
    guest: Arc<Guest>,
    server: Option<Server>,
}

struct Guest {
    cloud: Arc<Cloud>,
    place: Place,
    ended: AtomicBool,
}

impl GoogleServer {
    /// The metadata server of an instance: what its programs find at `GCE_METADATA_HOST`.
    pub fn metadata_server(&self, place: &Place) -> MetadataServer {
        let guest = Arc::new(Guest { cloud: self.cloud.clone(), place: place.clone(), ended: AtomicBool::new(false) });
        let server = Server::start(Arc::clone(&guest) as Arc<dyn Service>).expect("a port of loopback is free");
        MetadataServer { guest, server: Some(server) }
    }
}

impl MetadataServer {
    /// `127.0.0.1:PORT`.
    pub fn host(&self) -> String {
        self.server.as_ref().expect("it is there until it is dropped").address.to_string()
    }
}

impl Drop for MetadataServer {
    fn drop(&mut self) {
        self.guest.ended.store(true, Ordering::Relaxed);
        self.server.take();
    }
}

impl Service for Guest {
    fn reply(&self, asked: &Asked) -> Reply {
        if asked.header("metadata-flavor") != "Google" || !asked.header("x-forwarded-for").is_empty() {
            return Reply::Answer(text(403, "Missing required header: Metadata-Flavor", "text/html"));
        }
        let (path, query) = asked.target.split_once('?').unwrap_or((&asked.target, ""));
        let query: BTreeMap<String, String> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
        let Some(path) = path.strip_prefix(ROOT) else {
            let root = path == "/" || path == "/computeMetadata/";
            return Reply::Answer(if root { text(200, "computeMetadata/\n", "application/text") } else { missing() });
        };
        if asked.method == "PUT" {
            return Reply::Answer(self.set_attribute(path, &asked.body));
        }
        let given = |name: &str| query.get(name).map(String::as_str);
        let recursive = given("recursive").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let waits = given("wait_for_change").is_some_and(|value| value.eq_ignore_ascii_case("true"));
        let seconds = given("timeout_sec").and_then(|seconds| seconds.parse().ok()).map(Duration::from_secs);
        let first = self.look(path, recursive);
        let known = given("last_etag").map_or_else(|| etag(&first), str::to_owned);
        let began = Instant::now();
        let mut answer = first;
        // What is not there is not waited for.
        while waits
            && answer.status == 200
            && etag(&answer) == known
            && seconds.is_none_or(|seconds| began.elapsed() < seconds)
            && !self.ended.load(Ordering::Relaxed)
        {
            std::thread::sleep(LOOK);
            answer = self.look(path, recursive);
        }
        let tag = etag(&answer);
        answer.headers.push(("etag".to_owned(), tag));
        Reply::Answer(answer)
    }

    fn broke(&self, why: String) {
        self.cloud.log.note_break(format!("the metadata server: {why}"));
    }
}

impl Guest {
    fn look(&self, path: &str, recursive: bool) -> Answer {
        let tree = self.cloud.now(|world| {
            let token = world.faults.tokens.iter().flatten().next().map_or(TOKEN, String::as_str);
            world.instances.get(&self.place).map(|instance| tree(instance, token))
        });
        let Some(tree) = tree else { return missing() };
        let mut node = &tree;
        for name in path.split('/').filter(|name| !name.is_empty()) {
            let found = match node {
                Value::Array(items) => name.parse::<usize>().ok().and_then(|number| items.get(number)),
                _ => node.get(name),
            };
            let Some(found) = found else { return missing() };
            node = found;
        }
        let directory = node.is_object() || node.is_array();
        match node {
            Value::String(value) => text(200, value, "application/text"),
            // A token is JSON by itself.
            _ if path.ends_with("/token") => text(200, &node.to_string(), "application/json"),
            _ if directory && recursive => text(200, &camel(node, false).to_string(), "application/json"),
            _ if directory && (path.ends_with('/') || path.is_empty()) => text(200, &listed(node), "application/text"),
            _ => missing(),
        }
    }

    /// `instance/guest-attributes/NAMESPACE/KEY`, where the metadata switch them on.
    fn set_attribute(&self, path: &str, value: &[u8]) -> Answer {
        let rest = path.strip_prefix("instance/guest-attributes/").and_then(|rest| rest.split_once('/'));
        let Some((namespace, key)) = rest.filter(|(_, key)| !key.is_empty() && !key.contains('/')) else {
            return missing();
        };
        let value = String::from_utf8_lossy(value).into_owned();
        let set = self.cloud.now(|world| {
            let instance = world.instances.get_mut(&self.place)?;
            let on = instance.machine().metadata.get("enable-guest-attributes").cloned().unwrap_or_default();
            let name = (namespace.to_owned(), key.to_owned());
            on.eq_ignore_ascii_case("true").then(|| drop(instance.guest_attributes.insert(name, value)))
        });
        match set {
            Some(()) => text(200, "", "application/text"),
            None => text(403, "Guest attributes endpoint access is disabled.", "text/html"),
        }
    }
}

/// All that a machine finds, by the names of the paths.
fn tree(instance: &Instance, token: &str) -> Value {
    let view = instance.view();
    let name = |value: &Value| last(value.as_str().unwrap_or_default()).to_owned();
    let machine = instance.machine();
    let mut accounts = Map::new();
    for account in view["serviceAccounts"].as_array().into_iter().flatten() {
        let own = format!("{NUMBER}-compute@developer.gserviceaccount.com");
        let email = account["email"].as_str().filter(|email| *email != "default").unwrap_or(&own).to_owned();
        let token = json!({"access_token": token, "expires_in": 3599, "token_type": "Bearer"});
        let known = json!({"email": email, "scopes": account["scopes"], "aliases": ["default"], "token": token});
        accounts.insert("default".to_owned(), known.clone());
        accounts.insert(email, known);
    }
    let interface = |interface: &Value| {
        let outside = &interface["accessConfigs"][0]["natIP"];
        json!({"ip": interface["networkIP"], "network": format!("projects/{NUMBER}/networks/{}", name(&interface["network"])),
            "access-configs": [{"external-ip": outside.as_str().unwrap_or_default(), "type": "ONE_TO_ONE_NAT"}]})
    };
    let interfaces: Vec<Value> = view["networkInterfaces"].as_array().into_iter().flatten().map(interface).collect();
    let zone = &instance.place.zone;
    json!({
        "instance": {
            "id": instance.id.to_string(), "name": instance.place.name, "zone": format!("projects/{NUMBER}/zones/{zone}"),
            "hostname": format!("{}.{zone}.c.{PROJECT}.internal", instance.place.name), "image": machine.image,
            "machine-type": format!("projects/{NUMBER}/machineTypes/{}", name(&view["machineType"])),
            "preempted": if instance.preempted { "TRUE" } else { "FALSE" }, "attributes": machine.metadata,
            "scheduling": {"preemptible": if instance.is_spot() { "TRUE" } else { "FALSE" }},
            "service-accounts": accounts, "network-interfaces": interfaces,
        },
        "project": {"project-id": PROJECT, "numeric-project-id": NUMBER, "attributes": {}},
    })
}

/// A directory, a name a line.
fn listed(node: &Value) -> String {
    let line = |name: &str, below: &Value| {
        let directory = (below.is_object() || below.is_array()) && name != "token";
        format!("{name}{}\n", if directory { "/" } else { "" })
    };
    match node {
        Value::Array(items) if items.iter().all(Value::is_string) => {
            items.iter().filter_map(Value::as_str).map(|item| format!("{item}\n")).collect()
        }
        Value::Array(items) => items.iter().enumerate().map(|(at, below)| line(&at.to_string(), below)).collect(),
        _ => node.as_object().into_iter().flatten().map(|(name, below)| line(name, below)).collect(),
    }
}

/// A tree as JSON has it: `machine-type` is `machineType` there, but the names of attributes are the user's own.
fn camel(node: &Value, own_names: bool) -> Value {
    let named = |name: &str| {
        let mut parts = name.split('-');
        let first = parts.next().unwrap_or_default().to_owned();
        parts.fold(first, |name, part| {
            name + &part[..part.len().min(1)].to_uppercase() + part.get(1..).unwrap_or_default()
        })
    };
    match node {
        Value::Object(fields) => {
            // Tokens are never given away in passing.
            let fields = fields.iter().filter(|(name, _)| *name != "token");
            let field = |(name, below): (&String, &Value)| {
                let keeps = own_names || name.contains(['@', '.']);
                (if keeps { name.clone() } else { named(name) }, camel(below, name == "attributes"))
            };
            Value::Object(fields.map(field).collect())
        }
        Value::Array(items) => items.iter().map(|item| camel(item, false)).collect(),
        other => other.clone(),
    }
}

fn missing() -> Answer {
    text(404, "<!DOCTYPE html>\n<html lang=en>\n<title>Error 404 (Not Found)!!1</title>\n", "text/html")
}

fn text(status: u16, body: &str, kind: &str) -> Answer {
    let header = |name: &str, value: &str| (name.to_owned(), value.to_owned());
    let headers = vec![header("content-type", kind), header("metadata-flavor", "Google")];
    Answer { status, headers, body: body.as_bytes().to_vec() }
}

fn etag(answer: &Answer) -> String {
    let mut hasher = DefaultHasher::new();
    answer.body.hash(&mut hasher);
    format!("{:016x}", hasher.finish())
}
