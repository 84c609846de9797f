//! One region: which call does what.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use super::REGIONS;
use super::error::{AwsError, xml_answer};
use super::faults::{TagsAtLaunch, Tokens};
use super::inventory::{Inventory, Stale};
use super::limits::{Limits, reads};
use super::parameters::Parameters;
use super::shared::Shared;
use super::templates::Templates;
use super::tokens::{Remembered, TokenMemory};
use super::xml::Element;
use crate::aws::Answer;

/// What the proxy keeps of a region beside what moto has on record.
pub(super) struct Region {
    pub name: String,
    pub shared: Arc<Shared>,
    pub inventory: Mutex<Inventory>,
    pub tokens: Mutex<TokenMemory>,
    pub templates: Mutex<Templates>,
    /// The instances of each instant fleet.
    pub fleets: Mutex<BTreeMap<String, Vec<String>>>,
    pub limits: Mutex<Limits>,
    /// Held while something is changed in moto, so that its record and ours stay in step.
    pub changing: Mutex<()>,
}

impl Region {
    pub(super) fn new(name: &str, shared: Arc<Shared>) -> Self {
        Self {
            name: name.to_owned(),
            shared,
            inventory: Mutex::default(),
            tokens: Mutex::default(),
            templates: Mutex::default(),
            fleets: Mutex::default(),
            limits: Mutex::default(),
            changing: Mutex::default(),
        }
    }

    /// Carries a call of EC2's out.
    pub(super) fn perform(self: &Arc<Self>, action: &str, parameters: &Parameters) -> Result<Answer, AwsError> {
        let plain = self.shared.faults().plain;
        if let Some(tags) = plain {
            self.check_plain(action, parameters, tags)?;
        }
        if parameters.get("DryRun") == Some("true") {
            return Err(self.rehearsed(action, parameters));
        }
        match action {
            "RunInstances" if plain == Some(TagsAtLaunch::Dropped) => {
                let mut untagged = parameters.clone();
                untagged.remove("TagSpecification");
                self.run_instances(&untagged)
            }
            "RunInstances" => self.run_instances(parameters),
            "CreateFleet" if parameters.get("Type") == Some("instant") => {
                self.once(parameters, |region| region.create_fleet(parameters))
            }
            "CreateLaunchTemplate" => self.once(parameters, |region| region.create_template(parameters)),
            "CreateLaunchTemplateVersion" => self.once(parameters, |region| region.add_template_version(parameters)),
            "DeleteFleets" => self.delete_fleets(parameters),
            "DescribeInstances" => self.describe_instances(parameters),
            "TerminateInstances" => self.terminate_instances(parameters),
            "GetConsoleOutput" => self.console_output(parameters),
            "CreateTags" | "DeleteTags" => self.change_tags(parameters),
            "ModifyInstanceAttribute" => self.modify_instance(parameters),
            "DescribeNetworkInterfaces" => self.describe_network_interfaces(parameters),
            "DescribeSpotInstanceRequests" => self.describe_spot_requests(parameters),
            "DescribeRegions" if !parameters.has("RegionName") && !parameters.has("Filter") => {
                let answer = self.forward(parameters)?;
                let mut shown =
                    Element::parse(&answer.text()).map_err(|error| AwsError::new("InternalError", error))?;
                let allowed = |region: &Element| REGIONS.contains(&region.get("regionName"));
                shown.child_mut("regionInfo").children.retain(allowed);
                Ok(xml_answer(200, shown.document()))
            }
            "DescribePlacementGroups" => Ok(self.placement_groups()),
            "DescribeCapacityReservations" => self.capacity_reservations(parameters),
            "DescribeLaunchTemplateVersions" => self.template_versions(parameters),
            "DescribeLaunchTemplates" => {
                // moto shows the first 15 and has no pages.
                let mut all = parameters.clone();
                all.set("MaxResults", "10000");
                self.forward(&all)
            }
            _ if reads(action) => self.forward(parameters),
            _ => {
                let _changing = self.changing.lock().unwrap();
                let answer = self.forward(parameters);
                self.inventory.lock().unwrap().stale = Stale::Everything;
                answer
            }
        }
    }

    fn check_plain(&self, action: &str, parameters: &Parameters, tags: TagsAtLaunch) -> Result<(), AwsError> {
        if action.contains("Fleet") || action.contains("LaunchTemplate") || action.contains("Spot") {
            let message = format!("The action {action} is not valid for this web service.");
            return Err(AwsError::new("InvalidAction", message));
        }
        if action == "RunInstances" && tags == TagsAtLaunch::Refused && parameters.has("TagSpecification") {
            let message = "The parameter TagSpecification.1.ResourceType is not recognized";
            return Err(AwsError::new("UnknownParameter", message));
        }
        Ok(())
    }

    /// What a dry run says: what the call would have failed for, or that it would have succeeded.
    fn rehearsed(&self, action: &str, parameters: &Parameters) -> AwsError {
        let launch = match action {
            "RunInstances" => self.with_template(parameters),
            _ => Ok(parameters.clone()),
        };
        match launch.and_then(|launch| self.check_names(&launch)) {
            Ok(()) => AwsError::new("DryRunOperation", "Request would have succeeded, but DryRun flag is set."),
            Err(error) => error,
        }
    }

    /// Whether all that a launch names is there.
    fn check_names(&self, launch: &Parameters) -> Result<(), AwsError> {
        let image = launch.get("ImageId");
        let resolved = image.and_then(|image| image.strip_prefix("resolve:ssm:")).map(|name| self.resolved(name));
        let resolved = resolved.transpose()?;
        let image = resolved.as_deref().or(image);
        let groups = launch.list("SecurityGroupId");
        let named = [
            ("DescribeImages", "ImageId", image.into_iter().collect()),
            ("DescribeKeyPairs", "KeyName", launch.get("KeyName").into_iter().collect()),
            ("DescribeSecurityGroups", "GroupId", groups),
            ("DescribeSecurityGroups", "GroupName", launch.list("SecurityGroup")),
            ("DescribeSubnets", "SubnetId", launch.get("SubnetId").into_iter().collect()),
        ];
        for (action, parameter, names) in named {
            for name in names {
                self.ask(&Parameters::of(action, &[(&format!("{parameter}.1"), name)]))?;
            }
        }
        Ok(())
    }

    /// Does something that is the same thing when it is asked for again with the same token.
    fn once(
        self: &Arc<Self>,
        parameters: &Parameters,
        make: impl FnOnce(&Arc<Self>) -> Result<Answer, AwsError>,
    ) -> Result<Answer, AwsError> {
        let _changing = self.changing.lock().unwrap();
        if self.shared.faults().tokens == Tokens::Ignored {
            return make(self);
        }
        if let Some(Remembered::Answer(answer)) = self.tokens.lock().unwrap().recall(parameters, None)? {
            return Ok(answer);
        }
        let answer = make(self)?;
        self.tokens.lock().unwrap().remember(parameters, None, Remembered::Answer(answer.clone()));
        Ok(answer)
    }

    pub(super) fn forward(&self, parameters: &Parameters) -> Result<Answer, AwsError> {
        self.shared.query("ec2", &self.name, parameters)
    }

    pub(super) fn ask(&self, parameters: &Parameters) -> Result<Element, AwsError> {
        self.shared.ask(&self.name, parameters)
    }

    /// An answer of our own.
    pub(super) fn answer(&self, root: Element) -> Answer {
        let request = Element::leaf("requestId", self.shared.request_id());
        xml_answer(200, root.with(request).document())
    }

    fn change_tags(self: &Arc<Self>, parameters: &Parameters) -> Result<Answer, AwsError> {
        let _changing = self.changing.lock().unwrap();
        let ids = parameters.list("ResourceId");
        let instances: Vec<&str> = ids.iter().filter(|id| id.starts_with("i-")).copied().collect();
        self.refresh()?;
        let mut inventory = self.inventory.lock().unwrap();
        inventory.places(&instances, self.shared.now(), &self.shared.faults())?;
        let answer = self.forward(parameters);
        inventory.mark_stale(ids);
        answer
    }

    fn modify_instance(self: &Arc<Self>, parameters: &Parameters) -> Result<Answer, AwsError> {
        let _changing = self.changing.lock().unwrap();
        let id = parameters.get("InstanceId").unwrap_or_default();
        self.refresh()?;
        let mut inventory = self.inventory.lock().unwrap();
        inventory.places(&[id], self.shared.now(), &self.shared.faults())?;
        let answer = self.forward(parameters)?;
        inventory.mark_stale([id]);
        if let (Some(machine), Some(protect)) = (inventory.machine(id), parameters.get("DisableApiTermination.Value")) {
            machine.protected = protect == "true";
        }
        Ok(answer)
    }
}
