//! What really exists, asked of moto without the proxy's view in between.

use std::collections::BTreeMap;

use super::parameters::Parameters;
use super::xml::Element;
use super::{FaultProxy, REGION};

/// An instance as moto has it on record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RealInstance {
    pub id: String,
    pub state: String,
    pub instance_type: String,
    pub image: String,
    pub zone: String,
    pub spot: bool,
    pub tags: BTreeMap<String, String>,
    pub token: String,
}

impl RealInstance {
    /// Whether it runs, and costs money.
    pub fn lives(&self) -> bool {
        self.state != "terminated"
    }
}

impl FaultProxy {
    /// All instances of the usual region that ever were.
    pub fn instances(&self) -> Vec<RealInstance> {
        self.instances_in(REGION)
    }

    pub fn instances_in(&self, region: &str) -> Vec<RealInstance> {
        let mut request = Parameters::of("DescribeInstances", &[("MaxResults", "1000")]);
        let mut instances = Vec::new();
        loop {
            let found = self.ask_in(region, &request);
            for reservation in found.items("reservationSet") {
                instances.extend(reservation.items("instancesSet").iter().map(real));
            }
            match found.get("nextToken") {
                "" => return instances,
                token => request.set("NextToken", token),
            }
        }
    }

    /// The instances that live.
    pub fn living(&self) -> Vec<RealInstance> {
        self.instances().into_iter().filter(RealInstance::lives).collect()
    }

    /// The user data of an instance, decoded.
    pub fn user_data(&self, region: &str, id: &str) -> Vec<u8> {
        self.cloud.region(region).recorded_user_data(id).unwrap_or_else(|error| panic!("{error:?}"))
    }

    /// Asks moto, past all faults and past the log: to prepare a test, or to see what came of it.
    pub fn ask(&self, action: &str, parameters: &[(&str, &str)]) -> Element {
        self.ask_in(REGION, &Parameters::of(action, parameters))
    }

    pub fn ask_in(&self, region: &str, parameters: &Parameters) -> Element {
        let asked = self.cloud.shared.ask(region, parameters);
        asked.unwrap_or_else(|error| panic!("{parameters:?}: {error:?}"))
    }

    /// Asks another service of the query protocol, past all faults and past the log.
    pub fn ask_service(&self, service: &str, action: &str, parameters: &[(&str, &str)]) -> Element {
        Element::parse(&self.past(service, &Parameters::of(action, parameters))).unwrap()
    }

    /// Makes a key pair known in the usual region.
    pub fn import_key_pair(&self, name: &str, public_key: &str) {
        use base64::Engine as _;
        let encoded = base64::prelude::BASE64_STANDARD.encode(public_key);
        self.ask("ImportKeyPair", &[("KeyName", name), ("PublicKeyMaterial", &encoded)]);
    }
}

fn real(instance: &Element) -> RealInstance {
    RealInstance {
        id: instance.get("instanceId").to_owned(),
        state: instance.get("instanceState/name").to_owned(),
        instance_type: instance.get("instanceType").to_owned(),
        image: instance.get("imageId").to_owned(),
        zone: instance.get("placement/availabilityZone").to_owned(),
        spot: instance.get("instanceLifecycle") == "spot",
        tags: instance.tags(),
        token: instance.get("clientToken").to_owned(),
    }
}
