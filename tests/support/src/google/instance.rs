//! One instance, and how it is seen.

use std::collections::BTreeMap;
use std::hash::{DefaultHasher, Hash as _, Hasher as _};
use std::time::Duration;

use base64::Engine as _;
use serde_json::{Value, json};

use super::faults::{Faults, Visible};
use super::life::Machine;
use super::place::Place;

#[derive(Clone, Debug)]
pub(super) struct Instance {
    pub id: u64,
    pub place: Place,
    /// All that is shown but what follows from its phase.
    pub value: Value,
    pub phase: Phase,
    /// Counts what was decided about its life, so that what was due before is not any more.
    pub turn: u32,
    pub born: Duration,
    /// How many lists and gets have missed it.
    pub missed: usize,
    /// Whether it has power, as far as was told.
    pub powered: bool,
    /// Whether the cloud takes it back.
    pub preempted: bool,
    /// It never comes to run: its operation fails.
    pub doomed: bool,
    /// The path of the image of its boot disk.
    pub image: String,
    /// Where it really is.
    pub address: Option<String>,
    /// What it has written to its serial port.
    pub console: String,
    /// By namespace and key.
    pub guest_attributes: BTreeMap<(String, String), String>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Phase {
    Provisioning,
    Staging,
    Running,
    Stopping,
    Terminated,
}

impl Phase {
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Provisioning => "PROVISIONING",
            Self::Staging => "STAGING",
            Self::Running => "RUNNING",
            Self::Stopping => "STOPPING",
            Self::Terminated => "TERMINATED",
        }
    }

    /// Whether it takes up machines and quota.
    pub(super) fn is_up(self) -> bool {
        self != Self::Terminated
    }
}

impl Instance {
    pub(super) fn is_visible(&self, now: Duration, faults: &Faults) -> bool {
        match faults.visible {
            Visible::AtOnce => true,
            Visible::After(time) => now >= self.born + time,
            Visible::AfterReads(times) => self.missed >= times,
        }
    }

    pub(super) fn is_spot(&self) -> bool {
        self.value["scheduling"]["preemptible"] == true
    }

    /// Whether it is deleted, not stopped, when the cloud ends it.
    pub(super) fn ends_deleted(&self) -> bool {
        self.value["scheduling"]["instanceTerminationAction"] == "DELETE"
    }

    pub(super) fn machine(&self) -> Machine {
        let items = self.value["metadata"]["items"].as_array();
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let metadata = items.into_iter().flatten().map(|item| (text(&item["key"]), text(&item["value"])));
        let labels = self.value["labels"].as_object().into_iter().flatten();
        Machine {
            id: self.id,
            place: self.place.clone(),
            address: self.address.clone(),
            image: self.image.clone(),
            metadata: metadata.collect(),
            labels: labels.map(|(key, value)| (key.clone(), text(value))).collect(),
        }
    }

    /// As a client sees it.
    pub(super) fn view(&self) -> Value {
        let mut view = self.value.clone();
        view["status"] = json!(self.phase.name());
        for interface in view["networkInterfaces"].as_array_mut().into_iter().flatten() {
            if let Some(address) = &self.address {
                interface["networkIP"] = json!(address);
            }
            let configs = interface.get_mut("accessConfigs").and_then(Value::as_array_mut);
            for config in configs.into_iter().flatten() {
                match &self.address {
                    _ if !matches!(self.phase, Phase::Staging | Phase::Running) => {
                        config.as_object_mut().map(|config| config.remove("natIP"));
                    }
                    Some(address) => config["natIP"] = json!(address),
                    None => {}
                }
            }
        }
        view
    }
}

/// A fingerprint of a value, which changes with it.
pub(super) fn fingerprint(value: &Value) -> String {
    let mut hasher = DefaultHasher::new();
    value.to_string().hash(&mut hasher);
    base64::prelude::BASE64_URL_SAFE.encode(hasher.finish().to_be_bytes())
}

#[test]
fn a_fingerprint_follows_from_the_value_alone() {
    assert_eq!(fingerprint(&json!({"a": "b"})), fingerprint(&json!({"a": "b"})));
    assert_ne!(fingerprint(&json!({"a": "b"})), fingerprint(&json!({"a": "c"})));
}
