//! Instances and their disks come to be.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::PROJECT;
use super::error::GoogleError;
use super::instance::{Instance, Phase, fingerprint};
use super::labels;
use super::place::{Place, link, path};
use super::recipe::Recipe;
use super::shelf::Key;
use super::world::World;
use crate::loopback::next_address;

impl World {
    /// The first thing that a new instance would need the name of, and that is there.
    pub(super) fn in_the_way(&self, recipe: &Recipe, place: &Place) -> Option<GoogleError> {
        if self.instances.contains_key(place) {
            return Some(GoogleError::already_exists(&place.instance()));
        }
        let taken = |name: String| {
            let key = Key::new(PROJECT, "disks", &place.scope(), &name);
            self.shelf.get(&key).map(|_| GoogleError::already_exists(&key.path()))
        };
        (0..recipe.disks.len()).find_map(|number| taken(disk_name(recipe, place, number)))
    }

    /// Makes an instance, PROVISIONING, with its disks. A doomed one goes no further.
    pub(super) fn create(&mut self, recipe: &Recipe, place: &Place, doomed: bool) {
        let id = self.id();
        let disks = (0..recipe.disks.len()).map(|number| self.create_disk(recipe, place, number)).collect::<Vec<_>>();
        let interfaces = self.interfaces(recipe);
        let given = &recipe.properties;
        let time = self.written(self.now);
        let labels = Some(given["labels"].clone()).filter(Value::is_object);
        let mut value = json!({
            "kind": "compute#instance", "id": id.to_string(), "name": place.name, "creationTimestamp": time,
            "zone": link(&format!("projects/{PROJECT}/{}", place.scope())), "selfLink": link(&place.instance()),
            "machineType": link(&path(&place.scope(), "machineTypes", &recipe.machine_type)),
            "cpuPlatform": "Intel Cascade Lake", "canIpForward": given["canIpForward"] == true,
            "deletionProtection": given["deletionProtection"] == true, "startRestricted": false,
            "disks": disks, "networkInterfaces": interfaces, "scheduling": recipe.scheduling,
            "metadata": labels::metadata(&given["metadata"]), "tags": labels::tags(&given["tags"]),
            "labelFingerprint": fingerprint(&labels.clone().unwrap_or_else(|| json!({}))), "lastStartTimestamp": time,
            "resourceStatus": {"scheduling": {}},
        });
        if let Some(labels) = labels.filter(|labels| labels.as_object().is_some_and(|labels| !labels.is_empty())) {
            value["labels"] = labels;
        }
        for kept in ["description", "serviceAccounts", "guestAccelerators", "shieldedInstanceConfig", "hostname"] {
            if !given[kept].is_null() {
                value[kept] = given[kept].clone();
            }
        }
        value["fingerprint"] = json!(fingerprint(&value));
        let image = recipe.disks.first().and_then(|disk| disk.image.clone()).unwrap_or_default();
        let instance = Instance {
            id,
            place: place.clone(),
            value,
            phase: Phase::Provisioning,
            turn: 0,
            born: self.now,
            missed: 0,
            powered: false,
            preempted: false,
            doomed,
            image,
            address: self.faults.on_loopback.then(|| next_address().to_string()),
            console: String::new(),
            guest_attributes: BTreeMap::new(),
        };
        self.instances.insert(place.clone(), instance);
        if !doomed {
            self.boot(place);
        }
    }

    /// As the instance shows it.
    fn create_disk(&mut self, recipe: &Recipe, place: &Place, number: usize) -> Value {
        let disk = &recipe.disks[number];
        let given = &recipe.properties["disks"][number];
        let name = disk_name(recipe, place, number);
        let key = Key::new(PROJECT, "disks", &place.scope(), &name);
        let (id, time, own) = (self.id(), self.written(self.now), link(&key.path()));
        let labels = Some(given["initializeParams"]["labels"].clone()).filter(Value::is_object);
        let mut value = json!({
            "kind": "compute#disk", "id": id.to_string(), "name": name, "creationTimestamp": time, "status": "READY",
            "sizeGb": disk.size.to_string(), "zone": link(&format!("projects/{PROJECT}/{}", place.scope())),
            "type": link(&path(&place.scope(), "diskTypes", &disk.kind)), "selfLink": own,
            "users": [link(&place.instance())], "lastAttachTimestamp": time, "physicalBlockSizeBytes": "4096",
            "labelFingerprint": fingerprint(&labels.clone().unwrap_or_else(|| json!({}))),
        });
        if let Some(labels) = labels {
            value["labels"] = labels;
        }
        if !given["initializeParams"]["description"].is_null() {
            value["description"] = given["initializeParams"]["description"].clone();
        }
        if let Some(image) = &disk.image {
            value["sourceImage"] = json!(link(image));
        }
        self.shelf.put(key, value);
        json!({
            "kind": "compute#attachedDisk", "type": "PERSISTENT", "mode": "READ_WRITE", "source": own, "index": number,
            "deviceName": given["deviceName"].as_str().unwrap_or(if number == 0 { "persistent-disk-0" } else { &name }),
            "boot": number == 0, "autoDelete": given["autoDelete"] == true, "interface": "SCSI",
            "diskSizeGb": disk.size.to_string(), "architecture": recipe.architecture,
        })
    }

    fn interfaces(&mut self, recipe: &Recipe) -> Vec<Value> {
        let mut interfaces = Vec::new();
        for (number, (network, subnetwork)) in recipe.networks.iter().enumerate() {
            let given = &recipe.properties["networkInterfaces"][number];
            let host = self.number();
            let octet = |shift: u32| (host >> shift) & 0xff;
            let mut interface = json!({
                "kind": "compute#networkInterface", "name": format!("nic{number}"), "network": link(network),
                "subnetwork": link(subnetwork),
                "networkIP": format!("10.{}.{}.{}", 128 + octet(16), octet(8), octet(0)),
                "fingerprint": fingerprint(given), "stackType": "IPV4_ONLY",
            });
            let configs = given["accessConfigs"].as_array().map(|configs| {
                configs
                    .iter()
                    .map(|config| {
                        json!({
                            "kind": "compute#accessConfig", "type": "ONE_TO_ONE_NAT",
                            "name": config["name"].as_str().unwrap_or("external-nat"),
                            "natIP": format!("34.{}.{}.{}", 16 + octet(16), octet(8), octet(0)),
                            "networkTier": config["networkTier"].as_str().unwrap_or("PREMIUM"),
                        })
                    })
                    .collect::<Vec<_>>()
            });
            if let Some(configs) = configs.filter(|configs| !configs.is_empty()) {
                interface["accessConfigs"] = json!(configs);
            }
            interfaces.push(interface);
        }
        interfaces
    }
}

/// The name of a new disk, which follows from its instance's unless one was given.
fn disk_name(recipe: &Recipe, place: &Place, number: usize) -> String {
    match &recipe.disks[number].name {
        Some(name) => name.clone(),
        None if number == 0 => place.name.clone(),
        None => format!("{}-{number}", place.name),
    }
}
