//! RunInstances: tokens, capacity and limits, and what moto leaves out of a launch.

use std::sync::Arc;

use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;

use super::capacity::{Pool, available, take};
use super::compute::NewMachine;
use super::error::AwsError;
use super::faults::{TerminatedToken, Tokens};
use super::inventory::{SpotRequest, Work};
use super::parameters::Parameters;
use super::region::Region;
use super::tokens::Remembered;
use super::xml::Element;
use crate::aws::Answer;

/// The most bytes of user data, before base64 ("Run commands when you launch an EC2 instance with user data input").
const USER_DATA_LIMIT: usize = 16_384;

impl Region {
    pub(super) fn run_instances(self: &Arc<Self>, parameters: &Parameters) -> Result<Answer, AwsError> {
        let launch = self.with_template(parameters)?;
        let zone = self.named_zone(&launch)?;
        let _changing = self.changing.lock().unwrap();
        let kept = match self.shared.faults().tokens {
            Tokens::Kept { terminated } => Some(terminated),
            Tokens::Ignored => None,
        };
        if let Some(terminated) = kept
            && let Some(Remembered::Instances(ids)) = self.tokens.lock().unwrap().recall(parameters, zone.as_deref())?
        {
            return self.shown_again(&ids, terminated);
        }
        let ids = self.launch(&launch)?;
        if kept.is_some() {
            self.tokens.lock().unwrap().remember(parameters, zone.as_deref(), Remembered::Instances(ids.clone()));
        }
        Ok(self.reservation(&ids, true))
    }

    /// What a repeated call finds.
    fn shown_again(self: &Arc<Self>, ids: &[String], terminated: TerminatedToken) -> Result<Answer, AwsError> {
        self.refresh()?;
        let mut inventory = self.inventory.lock().unwrap();
        let all_dead = ids.iter().all(|id| inventory.machine(id).is_none_or(|machine| machine.is_dying()));
        drop(inventory);
        if all_dead && terminated == TerminatedToken::Refused {
            let message = "The client token you have provided is associated with an instance that has been terminated.";
            return Err(AwsError::new("IdempotentInstanceTerminated", message));
        }
        Ok(self.reservation(ids, false))
    }

    /// Instances of one reservation as an answer to RunInstances.
    fn reservation(&self, ids: &[String], at_launch: bool) -> Answer {
        let (now, faults) = (self.shared.now(), self.shared.faults());
        let mut inventory = self.inventory.lock().unwrap();
        let reservation = ids.first().and_then(|id| inventory.machine(id)).map(|machine| machine.reservation().clone());
        let views: Vec<Element> = ids
            .iter()
            .filter_map(|id| inventory.machine(id).map(|machine| machine.view(now, &faults, at_launch)))
            .collect();
        let mut root = Element::new("RunInstancesResponse");
        root.children = reservation.unwrap_or_default().children;
        self.answer(root.with(Element::set_of("instancesSet", views)))
    }

    /// Launches instances in moto, as many as there is room for, at least `MinCount`.
    pub(super) fn launch(self: &Arc<Self>, launch: &Parameters) -> Result<Vec<String>, AwsError> {
        let user_data = user_data(launch)?;
        let count = |name| launch.number(name).filter(|&count| count > 0).ok_or_else(|| missing(name));
        let (minimum, maximum) = (count("MinCount")?, count("MaxCount")?);
        if minimum > maximum {
            let message = format!("Invalid value '{minimum}' for minCount: it must not be above maxCount.");
            return Err(AwsError::new("InvalidParameterValue", message));
        }
        let (count, pool) = self.room(launch, minimum, maximum)?;
        let mut request = launch.clone();
        request.set("MinCount", count.to_string());
        request.set("MaxCount", count.to_string());
        if !request.has("SubnetId") && !request.has("NetworkInterface") {
            request.set("Placement.AvailabilityZone", &pool.zone);
        }
        if let Some(name) = launch.get("ImageId").and_then(|image| image.strip_prefix("resolve:ssm:")) {
            request.set("ImageId", self.resolved(name)?);
        }
        let made = self.ask(&request).map_err(as_ec2_says)?;
        take(&mut self.shared.faults.lock().unwrap().capacity, &pool, count);
        let items = made.items("instancesSet");
        let now = self.shared.now();
        let mut ids = Vec::new();
        let mut inventory = self.inventory.lock().unwrap();
        for item in items {
            inventory.merge(&made, item, now);
            let id = item.get("instanceId").to_owned();
            if let Some(machine) = inventory.machine(&id) {
                machine.protected = launch.get("DisableApiTermination") == Some("true");
                machine.ends_when_off = launch.get("InstanceInitiatedShutdownBehavior") == Some("terminate");
                machine.spot_request = pool.spot.then(|| SpotRequest {
                    id: format!("sir-{:08x}", self.shared.next_number()),
                    tags: launch.tags_of("spot-instances-request"),
                });
            }
            ids.push(id);
        }
        drop(inventory);
        self.tag_interfaces(launch, items)?;
        for id in &ids {
            self.start_machine(id, &user_data);
        }
        Ok(ids)
    }

    /// How many machines there are for a launch, and where.
    fn room(&self, launch: &Parameters, minimum: usize, maximum: usize) -> Result<(usize, Pool), AwsError> {
        let rules = self.shared.faults().capacity;
        let zones = match self.named_zone(launch)? {
            Some(zone) => vec![zone],
            None => self.zones()?,
        };
        let mut best: Option<(usize, Pool)> = None;
        let mut refusal = None;
        for zone in zones {
            let instance_type = launch.get("InstanceType").unwrap_or("m1.small").to_owned();
            let spot = launch.get("InstanceMarketOptions.MarketType") == Some("spot");
            let pool = Pool { instance_type, zone, spot };
            let (count, why) = available(&rules, &pool, maximum);
            refusal = why.or(refusal);
            if count >= minimum && best.as_ref().is_none_or(|(most, _)| *most < count) {
                best = Some((count, pool));
            }
        }
        best.ok_or_else(|| refusal.unwrap_or_else(|| AwsError::new("Unsupported", "there is no zone here")))
    }

    /// Why there is no room for one more.
    pub(super) fn lack(&self, launch: &Parameters) -> Option<AwsError> {
        self.room(launch, 1, 1).err()
    }

    /// The zone that a launch names, by itself or by its subnet.
    pub(super) fn named_zone(&self, launch: &Parameters) -> Result<Option<String>, AwsError> {
        if let Some(zone) = launch.get("Placement.AvailabilityZone") {
            return Ok(Some(zone.to_owned()));
        }
        let subnet = launch.get("SubnetId").or_else(|| launch.get("NetworkInterface.1.SubnetId"));
        let Some(subnet) = subnet else { return Ok(None) };
        let found = self.ask(&Parameters::of("DescribeSubnets", &[("SubnetId.1", subnet)]))?;
        Ok(found.items("subnetSet").first().map(|subnet| subnet.get("availabilityZone").to_owned()))
    }

    fn zones(&self) -> Result<Vec<String>, AwsError> {
        if self.shared.faults().capacity.is_empty() {
            return Ok(vec![format!("{}a", self.name)]);
        }
        let found = self.ask(&Parameters::of("DescribeAvailabilityZones", &[]))?;
        Ok(found.items("availabilityZoneInfo").iter().map(|zone| zone.get("zoneName").to_owned()).collect())
    }

    /// moto tags instances and volumes only.
    fn tag_interfaces(&self, launch: &Parameters, instances: &[Element]) -> Result<(), AwsError> {
        let tags = launch.tags_of("network-interface");
        let interfaces = instances.iter().flat_map(|instance| instance.items("networkInterfaceSet"));
        let mut request = Parameters::of("CreateTags", &[]);
        for (number, interface) in (1..).zip(interfaces) {
            request.set(&format!("ResourceId.{number}"), interface.get("networkInterfaceId"));
        }
        for (number, (key, value)) in (1..).zip(&tags) {
            request.set(&format!("Tag.{number}.Key"), key);
            request.set(&format!("Tag.{number}.Value"), value);
        }
        if tags.is_empty() { Ok(()) } else { self.ask(&request).map(drop) }
    }

    /// Lets a machine compute for an instance, where there are such machines.
    pub(super) fn start_machine(self: &Arc<Self>, id: &str, user_data: &[u8]) {
        let Some(workers) = &self.shared.workers else { return };
        let mut inventory = self.inventory.lock().unwrap();
        let Some(machine) = inventory.machine(id) else { return };
        machine.work = Work::Starting;
        let key_name = machine.record().get("keyName").to_owned();
        let mut machine = NewMachine {
            id: id.to_owned(),
            region: self.name.clone(),
            image: machine.record().get("imageId").to_owned(),
            user_data: user_data.to_vec(),
            public_key: None,
            tags: machine.tags(),
        };
        drop(inventory);
        let region = Arc::clone(self);
        let compute = Arc::clone(&workers.compute);
        workers.submit(move || {
            let id = machine.id.clone();
            // Moto answers several at once, and not always the same.
            let asked = (0..5).map(|_| region.public_key(&key_name)).find(Result::is_ok);
            let started = asked.unwrap_or_else(|| region.public_key(&key_name)).and_then(|key| {
                machine.public_key = key;
                compute.start(machine)
            });
            region.machine_started(&id, started);
        });
    }

    /// The image that a parameter of the parameter store names.
    /// The image that a parameter stands for.
    pub(super) fn resolved(&self, name: &str) -> Result<String, AwsError> {
        let aliases = self.shared.images.lock().unwrap();
        aliases.get(name).cloned().ok_or_else(|| {
            AwsError::new("InvalidParameterValue", format!("The parameter {name} could not be resolved to an image"))
        })
    }

    fn public_key(&self, name: &str) -> Result<Option<String>, String> {
        if name.is_empty() {
            return Ok(None);
        }
        let parameters = [("KeyName.1", name), ("IncludePublicKey", "true")];
        let found = self.ask(&Parameters::of("DescribeKeyPairs", &parameters));
        let found = found.map_err(|error| format!("no key pair {name}: {}", error.message))?;
        let key = found.items("keySet").first().map(|key| key.get("publicKey").trim().to_owned());
        match key.filter(|key| !key.is_empty()) {
            Some(key) => Ok(Some(key)),
            None => Err(format!("moto shows no public half of the key pair {name}: {found:?}")),
        }
    }
}

/// The user data of a launch, decoded.
fn user_data(launch: &Parameters) -> Result<Vec<u8>, AwsError> {
    let encoded = launch.get("UserData").unwrap_or_default();
    let user_data = BASE64_STANDARD
        .decode(encoded)
        .map_err(|_| AwsError::new("InvalidUserData.Malformed", "Invalid BASE64 encoding of user data."))?;
    if user_data.len() > USER_DATA_LIMIT {
        return Err(AwsError::new("InvalidParameterValue", "User data is limited to 16384 bytes"));
    }
    Ok(user_data)
}

/// Where moto uses a code that EC2 has only in other calls.
fn as_ec2_says(mut error: AwsError) -> AwsError {
    if error.code == "InvalidInstanceType.NotFound" {
        "InvalidParameterValue".clone_into(&mut error.code);
    }
    error
}

pub(super) fn missing(name: &str) -> AwsError {
    AwsError::new("MissingParameter", format!("The request must contain the parameter {name}"))
}
