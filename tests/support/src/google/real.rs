//! What really exists, past all faults, and what a test makes happen.

use std::collections::BTreeMap;

use serde_json::json;

use super::place::{Place, last, link};
use super::shelf::Key;
use super::{GoogleServer, PROJECT};

/// An instance as it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealInstance {
    pub id: u64,
    pub place: Place,
    /// `RUNNING`, `TERMINATED` …
    pub status: String,
    pub machine_type: String,
    /// The path of the image of its boot disk.
    pub image: String,
    pub spot: bool,
    pub labels: BTreeMap<String, String>,
    pub metadata: BTreeMap<String, String>,
}

impl GoogleServer {
    /// All instances that are there, whether lists know of them or not.
    pub fn instances(&self) -> Vec<RealInstance> {
        let real = |instance: &super::instance::Instance| {
            let machine = instance.machine();
            RealInstance {
                id: instance.id,
                place: instance.place.clone(),
                status: instance.phase.name().to_owned(),
                machine_type: last(instance.value["machineType"].as_str().unwrap_or_default()).to_owned(),
                image: machine.image,
                spot: instance.is_spot(),
                labels: machine.labels,
                metadata: machine.metadata,
            }
        };
        self.cloud.now(|world| world.instances.values().filter(|instance| !instance.doomed).map(real).collect())
    }

    /// The places of all disks that are there, and cost money.
    pub fn disks(&self) -> Vec<Place> {
        let disk = |row: super::shelf::Row| Place::new(last(&row.scope), &row.name);
        self.cloud.now(|world| world.shelf.rows(PROJECT, "disks").map(disk).collect())
    }

    /// Somebody has the boot disk of an instance outlive it.
    pub fn keep_disk(&self, place: &Place) {
        self.cloud.now(|world| {
            world.change(place, |instance| instance.value["disks"][0]["autoDelete"] = json!(false));
        });
    }

    /// The cloud takes a machine back: a spot instance is stopped or deleted, as it was launched to be.
    pub fn preempt(&self, place: &Place) {
        self.cloud.now(|world| world.preempt(place));
        self.cloud.deliver();
    }

    /// The operating system of an instance has shut it down.
    pub fn power_off(&self, place: &Place) {
        self.cloud.now(|world| world.power_off(place));
        self.cloud.deliver();
    }

    /// An instance is reached at this address, inside and outside.
    pub fn move_to(&self, place: &Place, address: &str) {
        self.cloud.now(|world| world.change(place, |instance| instance.address = Some(address.to_owned())));
    }

    /// An instance writes to its serial port.
    pub fn write_console(&self, place: &Place, text: &str) {
        self.cloud.now(|world| world.change(place, |instance| instance.console.push_str(text)));
    }

    /// An instance sets one of its guest attributes.
    pub fn set_guest_attribute(&self, place: &Place, namespace: &str, key: &str, value: &str) {
        let name = (namespace.to_owned(), key.to_owned());
        self.cloud.now(|world| {
            world.change(place, |instance| drop(instance.guest_attributes.insert(name, value.to_owned())));
        });
    }

    /// Makes an image of the project's own, of 10 GB, for this architecture (`X86_64` or `ARM64`).
    pub fn make_image(&self, name: &str, family: Option<&str>, architecture: &str) {
        self.cloud.now(|world| {
            let key = Key::new(PROJECT, "images", "global", name);
            let mut image = json!({"kind": "compute#image", "id": world.id().to_string(), "name": name,
                "creationTimestamp": world.written(world.now), "selfLink": link(&key.path()), "status": "READY",
                "architecture": architecture, "diskSizeGb": "10", "sourceType": "RAW"});
            if let Some(family) = family {
                image["family"] = json!(family);
            }
            world.shelf.put(key, image);
        });
    }
}
