//! Launches on demand: one call for equal instances, as many as capacity allows.

use std::sync::Arc;

use aws_sdk_ec2::operation::run_instances::builders::RunInstancesFluentBuilder;
use aws_sdk_ec2::types::{
    HttpTokensState, IamInstanceProfileSpecification, InstanceMetadataOptionsRequest, InstanceMetadataTagsState,
    InstanceType, ResourceType,
};

use super::adopter::Adopter;
use super::launch_failure::not_launched;
use super::launch_spec::Ec2LaunchSpec;
use super::{instance, tags};
use crate::cloud::aws::api::{ApiClass, AwsSession, Call, ErrorClass};
use crate::provider::{CloudError, CloudErrorKind, LaunchRequest, Launched, Offer};

/// Launches on demand.
pub(super) struct OnDemandLauncher {
    session: Arc<AwsSession>,
    adopter: Adopter,
}

impl OnDemandLauncher {
    /// Creates a launcher; `adopter` finds instances of earlier calls with the same token.
    pub(super) fn new(session: Arc<AwsSession>, adopter: Adopter) -> Self {
        Self { session, adopter }
    }

    /// Launches all instances of the request in one call. The token is the call's own, so repeating it launches nothing
    /// twice.
    pub(super) async fn launch(
        &self,
        request: &LaunchRequest,
        specification: &Ec2LaunchSpec,
        offer: &Offer,
    ) -> Result<Launched, CloudError> {
        let count = request.slots.len();
        let client = self.session.ec2().await?;
        let call = with_all(client.run_instances(), specification, offer, count)
            // Partial capacity is accepted; the rest is requested elsewhere.
            .min_count(1)
            .client_token(&request.token)
            .metadata_options(metadata_options(specification))
            .set_instance_initiated_shutdown_behavior(specification.shutdown_behavior())
            .set_capacity_reservation_specification(specification.hardware.reservation())
            .set_tag_specifications(Some(
                [ResourceType::Instance, ResourceType::Volume, ResourceType::NetworkInterface]
                    .map(|resource| tags::specification(resource, &specification.tags))
                    .into(),
            ));
        let named = Call::ec2("RunInstances", ApiClass::RunInstances).resources(count);
        let problem = match self.session.call(named, || call.clone().send()).await {
            Ok(reservation) => return Ok(instance::read(reservation.instances.unwrap_or_default()).into()),
            Err(problem) => problem,
        };
        match problem.class() {
            ErrorClass::TokenMismatch => self.adopter.adopt(request).await,
            ErrorClass::TokenGone => {
                let error = problem.explain(&self.session.scene(), "launch again");
                Err(CloudError { kind: CloudErrorKind::TokenUsed, ..error })
            }
            _ => not_launched(&self.session.scene(), request, &problem),
        }
    }
}

/// Sets the parameters that all EC2-like clouds accept.
pub(super) fn with_all(
    call: RunInstancesFluentBuilder,
    specification: &Ec2LaunchSpec,
    offer: &Offer,
    count: usize,
) -> RunInstancesFluentBuilder {
    let count = i32::try_from(count).unwrap_or(i32::MAX);
    let some = |list: &Vec<String>| Some(list.clone()).filter(|list| !list.is_empty());
    let profile = specification.profile.as_ref().map(|profile| {
        IamInstanceProfileSpecification::builder().set_name(profile.name()).set_arn(profile.arn()).build()
    });
    call.image_id(&specification.image)
        .min_count(count)
        .max_count(count)
        .set_instance_type(offer.instance_type.as_deref().map(InstanceType::from))
        .set_key_name(specification.key_name.clone())
        .set_security_group_ids(some(&specification.groups.ids))
        .set_security_groups(some(&specification.groups.names))
        .set_subnet_id(offer.subnet.clone())
        .set_placement(specification.hardware.placement(offer))
        .set_block_device_mappings(specification.hardware.mappings())
        .set_iam_instance_profile(profile)
        .set_user_data(specification.user_data.clone())
}

/// Returns the options of the metadata service: it requires a token, so that a program that fetches pages for strangers
/// cannot be tricked into fetching credentials.
pub(super) fn metadata_options(specification: &Ec2LaunchSpec) -> InstanceMetadataOptionsRequest {
    InstanceMetadataOptionsRequest::builder()
        .http_tokens(HttpTokensState::Required)
        .http_put_response_hop_limit(specification.hardware.hops())
        .set_instance_metadata_tags(specification.metadata_tags.then_some(InstanceMetadataTagsState::Enabled))
        .build()
}
