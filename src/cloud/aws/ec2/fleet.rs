//! Launches of spot capacity, or with several offers: a fleet of type "instant".
//!
//! Such a fleet is one synchronous request that returns the launched instances and the reasons for missing ones; it is
//! not maintained, and ends with its instances. It needs a launch template, so a launch is three calls: create the
//! template, create the fleet, remove the template. Each is safe to repeat, so all three are repeated after a crash.
//! EC2 answers a repeated second call with its first answer.

use std::collections::BTreeMap;
use std::sync::Arc;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::operation::create_fleet::CreateFleetOutput;
use aws_sdk_ec2::operation::create_fleet::builders::CreateFleetFluentBuilder;
use aws_sdk_ec2::types::{
    CreateFleetError, CreateFleetInstance, DefaultTargetCapacityType, FleetLaunchTemplateConfigRequest,
    FleetLaunchTemplateOverrides, FleetLaunchTemplateOverridesRequest, FleetLaunchTemplateSpecificationRequest,
    FleetOnDemandAllocationStrategy, FleetType, InstanceType, OnDemandOptionsRequest, ResourceType,
    SpotAllocationStrategy, SpotOptionsRequest, TargetCapacitySpecificationRequest,
};
use jiff::Timestamp;
use sha2::{Digest as _, Sha256};

use super::adopter::Adopter;
use super::describe::Describer;
use super::launch_failure::{is_capacity_error, not_launched, refusal};
use super::launch_spec::{Ec2LaunchSpec, who};
use super::launch_template::{self, LaunchTemplates, TemplateName};
use super::options::Ec2Timing;
use super::tags;
use super::tags::{BY_ID, TAG_SLOT};
use crate::cloud::aws::api::{ApiClass, AwsSession, Call, CallError, ErrorClass};
use crate::provider::{
    CapacityError, CloudError, CloudErrorKind, Instance, InstanceState, LaunchRequest, Launched, Offer,
};

/// How often `CreateFleet` is tried while EC2 does not find the template: a new template may take a moment to be known.
const TEMPLATE_TRIES: usize = 5;

/// Launches instances with instant fleets.
pub(super) struct FleetLauncher {
    session: Arc<AwsSession>,
    describer: Describer,
    adopter: Adopter,
    templates: LaunchTemplates,
    timing: Ec2Timing,
}

impl FleetLauncher {
    /// Creates a launcher; `templates` creates the fleets' launch templates, and `adopter` finds instances of earlier
    /// fleets.
    pub(super) fn new(
        session: Arc<AwsSession>,
        describer: Describer,
        adopter: Adopter,
        templates: LaunchTemplates,
        timing: Ec2Timing,
    ) -> Self {
        Self { session, describer, adopter, templates, timing }
    }

    /// Launches a fleet over all offers of the request.
    pub(super) async fn launch(
        &self,
        request: &LaunchRequest,
        specification: &Ec2LaunchSpec,
    ) -> Result<Launched, CloudError> {
        if let Some(offer) = request.offers.iter().find(|offer| offer.instance_type.is_none()) {
            let message = format!("{} asks for {offer} without an instance type", who(request));
            return Err(CloudError::new(CloudErrorKind::Rejected, message).hint("give `instance_type` in the plan"));
        }
        if request.repeated {
            let found = self.describer.launched_with(&request.token).await?;
            if found.len() >= request.slots.len() {
                self.clear_template(request).await;
                return Ok(found.into());
            }
        }
        let client = self.session.ec2().await?;
        let tagged = Ec2LaunchSpec { tags: fleet_tags(specification), ..specification.clone() };
        let spot = request.offers.iter().any(|offer| offer.spot);
        self.templates.make(&request.token, &request.token, &tagged, spot).await?;
        let answer = self.ask_for_fleet(client, request, &tagged, spot).await;
        self.clear_template(request).await;
        match answer {
            Ok(answer) => self.fleet_launched(request, answer),
            Err(problem) if problem.class() == ErrorClass::TokenMismatch => self.adopter.adopt(request).await,
            Err(problem) => not_launched(&self.session.scene(), request, &problem),
        }
    }

    async fn ask_for_fleet(
        &self,
        client: &Client,
        request: &LaunchRequest,
        specification: &Ec2LaunchSpec,
        spot: bool,
    ) -> Result<CreateFleetOutput, CallError> {
        let fleet = fleet(client.create_fleet(), request, specification, spot);
        let call = Call::ec2("CreateFleet", ApiClass::CreateFleet).resources(request.slots.len());
        let mut window = self.timing.until_visible();
        let mut tries = 0;
        loop {
            tries += 1;
            match self.session.call(call, || fleet.clone().send()).await {
                Err(problem) if problem.class() == ErrorClass::UnknownOther && tries < TEMPLATE_TRIES => {
                    // EC2 may have answered for a template that was created and removed before: then it is created
                    // anew, once.
                    if tries == 2 {
                        let again = again(&request.token);
                        if let Err(error) = self.templates.make(&request.token, &again, specification, spot).await {
                            return Err(CallError::told("CreateLaunchTemplate", "Unavailable", &error.message));
                        }
                        // The new one is given its own time to become visible.
                        window = self.timing.until_visible();
                    }
                    if !window.pause().await {
                        return Err(problem);
                    }
                }
                answer => return answer,
            }
        }
    }

    /// Converts a fleet's answer.
    fn fleet_launched(&self, request: &LaunchRequest, answer: CreateFleetOutput) -> Result<Launched, CloudError> {
        // In the order that every later describing call gives, too.
        let mut ids: BTreeMap<String, Option<Offer>> = BTreeMap::new();
        for set in answer.instances.unwrap_or_default() {
            let offer = offer_of(request, &set);
            ids.extend(set.instance_ids.unwrap_or_default().into_iter().map(|id| (id, offer.clone())));
        }
        let mut refusals = Vec::new();
        let mut wrong = None;
        for error in answer.errors.unwrap_or_default() {
            let problem = CallError::told(
                "CreateFleet",
                error.error_code.as_deref().unwrap_or("Unknown"),
                error.error_message.as_deref().unwrap_or_default(),
            );
            if !is_capacity_error(&problem) {
                wrong.get_or_insert_with(|| problem.clone());
            }
            refusals.extend(self.refused_by(request, &error, &problem));
        }
        match wrong {
            // Nothing was launched, and capacity is not the reason.
            Some(problem) if ids.is_empty() => not_launched(&self.session.scene(), request, &problem),
            _ => {
                let slot = |(slot, (id, offer))| Instance { offer, ..just_launched(id, request, slot) };
                let mut instances: Vec<_> = ids.into_iter().enumerate().map(slot).collect();
                for instance in &mut instances {
                    instance.tags.insert(TAG_SLOT.to_owned(), BY_ID.to_owned());
                }
                Ok(Launched { instances, refusals })
            }
        }
    }

    /// Returns a refusal for the offer that an error of a fleet names, or for all offers if it names none.
    fn refused_by(&self, request: &LaunchRequest, error: &CreateFleetError, problem: &CallError) -> Vec<CapacityError> {
        let overrides = error.launch_template_and_overrides.as_ref().and_then(|told| told.overrides.as_ref());
        let concerned = request.offers.iter().filter(|offer| overrides.is_none_or(|told| is_of(told, offer)));
        concerned.map(|offer| refusal(&self.session.scene(), offer, problem)).collect()
    }

    /// Removes the template. If that fails, the template stays as a leftover, which costs nothing and is found by its
    /// tag.
    async fn clear_template(&self, request: &LaunchRequest) {
        let name = launch_template::name(&request.token);
        if let Ok(client) = self.session.ec2().await {
            let _ = self.templates.remove(client, TemplateName::Name(&name)).await;
        }
    }
}

fn fleet_tags(specification: &Ec2LaunchSpec) -> tags::Tags {
    let mut tags = specification.tags.clone();
    tags.insert(TAG_SLOT.to_owned(), BY_ID.to_owned());
    tags
}

/// Derives a second token, deterministically.
fn again(token: &str) -> String {
    hex::encode(&Sha256::digest(format!("{token} again"))[..20])
}

/// Returns the offer that a fleet says it took for these instances.
fn offer_of(request: &LaunchRequest, set: &CreateFleetInstance) -> Option<Offer> {
    let told = set.launch_template_and_overrides.as_ref().and_then(|told| told.overrides.as_ref())?;
    request.offers.iter().find(|offer| is_of(told, offer)).cloned()
}

fn is_of(told: &FleetLaunchTemplateOverrides, offer: &Offer) -> bool {
    let same = |told: Option<&str>, wanted: &Option<String>| match (told, wanted) {
        (Some(told), Some(wanted)) => told == wanted,
        _ => true,
    };
    same(told.instance_type.as_ref().map(InstanceType::as_str), &offer.instance_type)
        && same(told.subnet_id.as_deref(), &offer.subnet)
        && (offer.subnet.is_some() || same(told.availability_zone.as_deref(), &offer.zone))
}

fn fleet(
    call: CreateFleetFluentBuilder,
    request: &LaunchRequest,
    specification: &Ec2LaunchSpec,
    spot: bool,
) -> CreateFleetFluentBuilder {
    let overrides = request.offers.iter().enumerate().map(|(rank, offer)| {
        FleetLaunchTemplateOverridesRequest::builder()
            .set_instance_type(offer.instance_type.as_deref().map(InstanceType::from))
            .set_subnet_id(offer.subnet.clone())
            .set_availability_zone(offer.zone.clone().filter(|_| offer.subnet.is_none()))
            .set_max_price(request.machine.max_price.clone().filter(|_| spot))
            .priority(rank as f64)
            .build()
    });
    let template = FleetLaunchTemplateSpecificationRequest::builder()
        .launch_template_name(launch_template::name(&request.token))
        .version("1")
        .build();
    let config = FleetLaunchTemplateConfigRequest::builder()
        .launch_template_specification(template)
        .set_overrides(Some(overrides.collect()))
        .build();
    let market = if spot { DefaultTargetCapacityType::Spot } else { DefaultTargetCapacityType::OnDemand };
    let capacity = TargetCapacitySpecificationRequest::builder()
        .total_target_capacity(i32::try_from(request.slots.len()).unwrap_or(i32::MAX))
        .default_target_capacity_type(market)
        .build();
    let call = call
        .client_token(&request.token)
        .r#type(FleetType::Instant)
        .launch_template_configs(config)
        .target_capacity_specification(capacity)
        .tag_specifications(tags::specification(ResourceType::Fleet, &specification.tags));
    if spot {
        // The user gave an order, so it counts, as far as capacity allows: "prioritized" alone would choose the
        // capacity that is interrupted soonest. A single offer needs no order, and AWS recommends the other strategy.
        let strategy = match request.offers.len() {
            1 => SpotAllocationStrategy::PriceCapacityOptimized,
            _ => SpotAllocationStrategy::CapacityOptimizedPrioritized,
        };
        call.spot_options(SpotOptionsRequest::builder().allocation_strategy(strategy).build())
    } else {
        let strategy = FleetOnDemandAllocationStrategy::Prioritized;
        call.on_demand_options(OnDemandOptionsRequest::builder().allocation_strategy(strategy).build())
    }
}

/// Returns a new instance of which a fleet's answer has only the id.
fn just_launched(id: String, request: &LaunchRequest, slot: usize) -> Instance {
    Instance {
        id,
        state: InstanceState::Pending,
        address: None,
        private_address: None,
        launch_index: slot,
        tags: request.tags.clone(),
        launched_at: Timestamp::now(),
        reason: None,
        offer: None,
    }
}
