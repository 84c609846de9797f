//! From a launch that is announced to its call.

use std::collections::BTreeMap;

use secrecy::{ExposeSecret as _, SecretString};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::fleet::Fleet;
use super::fleet_id::{TAG_PARENT, TAG_PARENT_SERVICE};
use super::kind_spec::KindSpec;
use super::launch_intent::LaunchIntent;
use super::machine_view::{TAG_KIND, TAG_WORKER};
use super::placeholders::{fill, has};
use crate::provider::{
    InstanceSpec, LaunchRequest, Offer, TAG_EXPIRES, TAG_FLEET, TAG_INTENT, TAG_OWNER, TAG_RUN, TAG_STATE,
};

/// The placeholder of the token with which a worker joins its pool.
pub(super) const WORKER_TOKEN: &str = "worker_token";

/// Whether a kind's user data holds a token, so that two calls of one launch differ.
pub(super) fn wants_token(spec: &KindSpec) -> bool {
    spec.user_data.as_ref().is_some_and(|data| has(data, WORKER_TOKEN))
}

/// What the machines of one launch have in common besides their kind.
pub(super) struct Filling<'a> {
    pub(super) fleet: &'a Fleet,
    pub(super) kind: &'a str,
    /// Time from the end of a lease to that of its machine, in seconds.
    pub(super) grace: u64,
    pub(super) variables: &'a BTreeMap<String, Value>,
}

impl Filling<'_> {
    /// Returns the specification with the user data filled in; without a token the placeholder stays empty.
    fn machine(&self, spec: &KindSpec, token: Option<&SecretString>) -> InstanceSpec {
        let mut machine = spec.machine.clone();
        let Some(template) = &spec.user_data else { return machine };
        let grace = self.grace.to_string();
        let variables: Vec<(&str, String)> =
            self.variables.iter().map(|(name, value)| (&**name, text(value))).collect();
        let mut values = vec![
            ("grace", grace.as_str()),
            ("fleet", self.fleet.id.name.as_str()),
            ("kind", self.kind),
            (WORKER_TOKEN, token.map_or("", |token| token.expose_secret())),
        ];
        values.extend(variables.iter().map(|(name, value)| (*name, value.as_str())));
        machine.user_data = Some(fill(template, &values));
        machine
    }

    /// Returns a digest of what is launched, the token left out.
    pub(super) fn digest(&self, spec: &KindSpec, offers: &[Offer]) -> String {
        let machine = self.machine(spec, None);
        hex::encode(&Sha256::digest(format!("{:?}", (machine, offers)))[..16])
    }
}

fn text(value: &Value) -> String {
    match value {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    }
}

/// Returns the call of a launch that is announced; without a token in the user data it is the same whenever it is
/// repeated.
pub(super) fn launch_request(
    fleet: &Fleet,
    intent: &LaunchIntent,
    spec: &KindSpec,
    grace: u64,
    token: Option<&SecretString>,
    repeated: bool,
) -> LaunchRequest {
    let filling = Filling { fleet, kind: &intent.kind, grace, variables: &intent.variables };
    let machine = filling.machine(spec, token);
    let name = intent.names.first().filter(|_| intent.names.len() == 1).map_or(fleet.id.name.as_str(), |name| name);
    let values = [("worker", name), ("fleet", fleet.id.name.as_str()), ("kind", &*intent.kind)];
    let filled = |text: &String| String::from_utf8_lossy(&fill(text.as_bytes(), &values)).into_owned();
    let mut tags: BTreeMap<_, _> = machine.tags.iter().map(|(tag, value)| (tag.clone(), filled(value))).collect();
    tags.extend(own_tags(fleet, intent));
    LaunchRequest {
        token: intent.token.clone(),
        slots: intent.names.clone(),
        machine,
        offers: intent.offers.clone(),
        tags,
        expires_at: Some(intent.expires_at),
        repeated,
    }
}

/// Returns the tags of a launch's machines that are hoist's own.
fn own_tags(fleet: &Fleet, intent: &LaunchIntent) -> BTreeMap<String, String> {
    let tag = fleet.id.tag();
    let expires = intent.expires_at.strftime("%Y-%m-%dT%H:%M:%SZ").to_string();
    let own = [
        (TAG_RUN, tag.as_str()),
        (TAG_FLEET, tag.as_str()),
        (TAG_INTENT, intent.token.as_str()),
        (TAG_OWNER, intent.owner.as_str()),
        (TAG_EXPIRES, expires.as_str()),
        (TAG_KIND, &*intent.kind),
    ];
    let given = [(TAG_STATE, &intent.state), (TAG_PARENT, &fleet.parent), (TAG_PARENT_SERVICE, &fleet.parent_service)];
    let given = given.iter().filter_map(|(name, value)| Some((*name, value.as_deref()?)));
    // The machines of one call have the same tags.
    let name = intent.names.first().filter(|_| intent.names.len() == 1);
    let name = name.map(|name| (TAG_WORKER, name.as_str()));
    name.into_iter().chain(own).chain(given).map(|(name, value)| (name.to_owned(), value.to_owned())).collect()
}

impl Fleet {
    /// Returns the launches of the last day, each with the tags of its machines that are hoist's own: on clouds that
    /// set tags after a launch, a machine may lack them.
    pub fn launches(&self) -> impl Iterator<Item = (&LaunchIntent, BTreeMap<String, String>)> {
        let ended = self.launched.values().map(|(_, intent)| intent);
        self.launching.values().chain(ended).map(|intent| (intent, own_tags(self, intent)))
    }
}
