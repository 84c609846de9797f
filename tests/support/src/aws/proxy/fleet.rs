//! Instant fleets: moto keeps the fleet, the proxy launches its instances, since moto knows neither their zones nor a
//! lack of capacity.

use std::sync::Arc;

use super::error::AwsError;
use super::launch::missing;
use super::parameters::Parameters;
use super::region::Region;
use super::templates::overlaid;
use super::xml::Element;
use crate::aws::Answer;

const TOTAL: &str = "TargetCapacitySpecification.TotalTargetCapacity";

/// One of the things that a fleet may launch.
struct Offer {
    launch: Parameters,
    /// As the answer shows it.
    shown: Element,
    priority: f64,
}

impl Region {
    pub(super) fn create_fleet(self: &Arc<Self>, parameters: &Parameters) -> Result<Answer, AwsError> {
        let wanted = parameters.number(TOTAL).ok_or_else(|| missing(TOTAL))?;
        let spot = parameters.get("TargetCapacitySpecification.DefaultTargetCapacityType") == Some("spot");
        let mut offers = self.offers(parameters, spot)?;
        let mut empty = parameters.clone();
        for kind in ["Total", "Spot", "OnDemand"] {
            empty.remove(&format!("TargetCapacitySpecification.{kind}TargetCapacity"));
        }
        empty.set(TOTAL, "0");
        let fleet = self.ask(&empty)?.get("fleetId").to_owned();
        let options = if spot { "SpotOptions" } else { "OnDemandOptions" };
        let strategy = parameters.get(&format!("{options}.AllocationStrategy")).unwrap_or_default();
        if strategy.contains("prioritized") {
            offers.sort_by(|a, b| a.priority.total_cmp(&b.priority));
        }
        let minimum = parameters.number(&format!("{options}.MinTargetCapacity")).unwrap_or(0);
        let lifecycle = if spot { "spot" } else { "on-demand" };
        let (mut instances, mut errors, mut ids) = (Vec::new(), Vec::new(), Vec::new());
        for mut offer in offers {
            let missing = wanted - ids.len();
            if missing == 0 {
                break;
            }
            let mut tags = offer.launch.all_tags();
            let own = tags.entry("instance".to_owned()).or_default();
            own.extend(parameters.tags_of("instance"));
            own.insert("aws:ec2:fleet-id".to_owned(), fleet.clone());
            offer.launch.set_tags(&tags);
            offer.launch.set("MinCount", "1");
            offer.launch.set("MaxCount", missing.to_string());
            let launched = self.launch(&offer.launch);
            let common = Element::new("item").with(offer.shown).with(Element::leaf("lifecycle", lifecycle));
            // Fewer than were wanted is a lack, too.
            let error = match &launched {
                Ok(launched) if launched.len() < missing => self.lack(&offer.launch),
                Ok(_) => None,
                Err(error) => Some(error.clone()),
            };
            if let Some(error) = error {
                let code = Element::leaf("errorCode", error.code);
                errors.push(common.clone().with(code).with(Element::leaf("errorMessage", error.message)));
            }
            if let Ok(launched) = launched {
                let item = |id: &String| Element::leaf("item", id);
                let set = Element::set_of("instanceIds", launched.iter().map(item));
                let instance_type = offer.launch.get("InstanceType").unwrap_or_default();
                instances.push(common.with(set).with(Element::leaf("instanceType", instance_type)));
                ids.extend(launched);
            }
        }
        if ids.len() < minimum {
            self.end_in_moto(&ids)?;
            ids.clear();
            instances.clear();
        }
        self.fleets.lock().unwrap().insert(fleet.clone(), ids);
        let root = Element::new("CreateFleetResponse")
            .with(Element::leaf("fleetId", fleet))
            .with(Element::set_of("errorSet", errors))
            .with(Element::set_of("fleetInstanceSet", instances));
        Ok(self.answer(root))
    }

    /// Each override of each template, as a launch.
    fn offers(&self, parameters: &Parameters, spot: bool) -> Result<Vec<Offer>, AwsError> {
        let mut offers = Vec::new();
        for config in parameters.structures("LaunchTemplateConfigs") {
            let named = config.below("LaunchTemplateSpecification");
            let found = self.templates.lock().unwrap().find(&named);
            let Some((id, version, data)) = found else {
                let message = "The specified launch template, with template ID or name, does not exist.";
                return Err(AwsError::new("InvalidLaunchTemplateId.NotFound", message));
            };
            let specification = Element::new("launchTemplateSpecification")
                .with(Element::leaf("launchTemplateId", &id))
                .with(Element::leaf("version", version.to_string()));
            let mut overrides = config.structures("Overrides");
            if overrides.is_empty() {
                overrides.push(Parameters::default());
            }
            for change in overrides {
                offers.push(offer(&data, &change, &specification, spot));
            }
        }
        if offers.is_empty() { Err(missing("LaunchTemplateConfigs")) } else { Ok(offers) }
    }

    /// Deleting an instant fleet terminates its instances.
    pub(super) fn delete_fleets(self: &Arc<Self>, parameters: &Parameters) -> Result<Answer, AwsError> {
        let _changing = self.changing.lock().unwrap();
        let mut deleted = Vec::new();
        let mut failed = Vec::new();
        for id in parameters.list("FleetId") {
            let instances = self.fleets.lock().unwrap().get(id).cloned();
            let refusal = match (&instances, parameters.get("TerminateInstances")) {
                (None, _) => Some(("fleetIdDoesNotExist", "The fleet does not exist")),
                (Some(_), Some("true")) => None,
                (Some(_), _) => Some(("fleetNotInDeletableState", "Instant fleets are deleted with their instances")),
            };
            if let Some((code, message)) = refusal {
                let error =
                    Element::new("error").with(Element::leaf("code", code)).with(Element::leaf("message", message));
                failed.push(Element::new("item").with(error).with(Element::leaf("fleetId", id)));
                continue;
            }
            self.refresh()?;
            let mut inventory = self.inventory.lock().unwrap();
            let lives = |id: &String| inventory.machine(id).is_some_and(|machine| !machine.is_dying());
            let living: Vec<String> = instances.unwrap_or_default().into_iter().filter(lives).collect();
            drop(inventory);
            self.end_in_moto(&living)?;
            self.ask(&Parameters::of("DeleteFleets", &[("FleetId.1", id), ("TerminateInstances", "false")]))?;
            let item = Element::new("item")
                .with(Element::leaf("currentFleetState", "deleted_terminating"))
                .with(Element::leaf("previousFleetState", "active"));
            deleted.push(item.with(Element::leaf("fleetId", id)));
        }
        let root = Element::new("DeleteFleetsResponse")
            .with(Element::set_of("successfulFleetDeletionSet", deleted))
            .with(Element::set_of("unsuccessfulFleetDeletionSet", failed));
        Ok(self.answer(root))
    }
}

fn offer(data: &Parameters, change: &Parameters, specification: &Element, spot: bool) -> Offer {
    let mut overrides = Element::new("overrides");
    let mut changed = Parameters::default();
    let names = [
        ("InstanceType", "instanceType", "InstanceType"),
        ("AvailabilityZone", "availabilityZone", "Placement.AvailabilityZone"),
        ("SubnetId", "subnetId", "SubnetId"),
        ("MaxPrice", "maxPrice", "InstanceMarketOptions.SpotOptions.MaxPrice"),
        ("ImageId", "imageId", "ImageId"),
        ("Priority", "priority", ""),
    ];
    for (name, shown, launch) in names {
        let Some(value) = change.get(name) else { continue };
        overrides.children.push(Element::leaf(shown, value));
        if !launch.is_empty() {
            changed.set(launch, value);
        }
    }
    if spot {
        changed.set("InstanceMarketOptions.MarketType", "spot");
    }
    let priority = change.get("Priority").and_then(|priority| priority.parse().ok()).unwrap_or(f64::MAX);
    let shown = Element::new("launchTemplateAndOverrides").with(specification.clone()).with(overrides);
    let mut launch = overlaid(data, &changed);
    launch.set("Action", "RunInstances");
    Offer { launch, shown, priority }
}
