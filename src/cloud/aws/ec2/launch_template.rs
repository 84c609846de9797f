//! The launch template of a fleet, which exists only during one launch.

use std::sync::Arc;

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    LaunchTemplateHttpTokensState, LaunchTemplateIamInstanceProfileSpecificationRequest,
    LaunchTemplateInstanceMetadataOptionsRequest, LaunchTemplateInstanceMetadataTagsState, RequestLaunchTemplateData,
    ResourceType,
};

use super::launch_spec::Ec2LaunchSpec;
use super::tags;
use crate::cloud::aws::api::{ApiClass, AwsSession, Call, CallError, ErrorClass};
use crate::provider::CloudError;

/// Returns the name of the template for the launch with this token.
pub(super) fn name(token: &str) -> String {
    format!("hoist-{token}")
}

/// Creates and removes launch templates.
#[derive(Clone, Debug)]
pub(super) struct LaunchTemplates {
    session: Arc<AwsSession>,
}

impl LaunchTemplates {
    /// Creates access to the launch templates of this session's region. Requests nothing yet.
    pub(super) fn new(session: Arc<AwsSession>) -> Self {
        Self { session }
    }

    /// Creates the template of a launch. An existing one of this name belongs to the same launch, from before an
    /// interruption.
    pub(super) async fn make(
        &self,
        token: &str,
        client_token: &str,
        specification: &Ec2LaunchSpec,
        spot: bool,
    ) -> Result<(), CloudError> {
        let client = self.session.ec2().await?;
        let request = client
            .create_launch_template()
            .launch_template_name(name(token))
            .client_token(client_token)
            .tag_specifications(tags::specification(ResourceType::LaunchTemplate, &specification.tags))
            .launch_template_data(data(specification, spot));
        let call = Call::ec2("CreateLaunchTemplate", ApiClass::Mutate);
        match self.session.call(call, || request.clone().send()).await {
            Ok(_) => Ok(()),
            Err(problem) if matches!(problem.class(), ErrorClass::Exists | ErrorClass::TokenMismatch) => Ok(()),
            Err(problem) => Err(problem.explain(&self.session.scene(), "make the launch template of a fleet")),
        }
    }

    /// Removes a template; a missing one is no error.
    pub(super) async fn remove(&self, client: &Client, by: TemplateName<'_>) -> Result<(), CallError> {
        let request = client.delete_launch_template();
        let request = match by {
            TemplateName::Name(name) => request.launch_template_name(name),
            TemplateName::Id(id) => request.launch_template_id(id),
        };
        let call = Call::ec2("DeleteLaunchTemplate", ApiClass::Mutate);
        match self.session.call(call, || request.clone().send()).await {
            Ok(_) => Ok(()),
            Err(problem) if problem.class() == ErrorClass::UnknownOther => Ok(()),
            Err(problem) => Err(problem),
        }
    }
}

/// Name or id of a template.
pub(super) enum TemplateName<'a> {
    Name(&'a str),
    Id(&'a str),
}

fn data(specification: &Ec2LaunchSpec, spot: bool) -> RequestLaunchTemplateData {
    let hardware = &specification.hardware;
    let some = |list: &Vec<String>| Some(list.clone()).filter(|list| !list.is_empty());
    let mut resources = vec![ResourceType::Instance, ResourceType::Volume, ResourceType::NetworkInterface];
    if spot {
        resources.push(ResourceType::SpotInstancesRequest);
    }
    let profile = specification.profile.as_ref().map(|profile| {
        LaunchTemplateIamInstanceProfileSpecificationRequest::builder()
            .set_name(profile.name())
            .set_arn(profile.arn())
            .build()
    });
    let metadata = LaunchTemplateInstanceMetadataOptionsRequest::builder()
        .http_tokens(LaunchTemplateHttpTokensState::Required)
        .http_put_response_hop_limit(hardware.hops())
        .set_instance_metadata_tags(
            specification.metadata_tags.then_some(LaunchTemplateInstanceMetadataTagsState::Enabled),
        )
        .build();
    RequestLaunchTemplateData::builder()
        .image_id(&specification.image)
        .set_key_name(specification.key_name.clone())
        .set_security_group_ids(some(&specification.groups.ids))
        .set_security_groups(some(&specification.groups.names))
        .set_iam_instance_profile(profile)
        .set_user_data(specification.user_data.clone())
        .set_instance_initiated_shutdown_behavior(specification.shutdown_behavior())
        .metadata_options(metadata)
        .set_block_device_mappings(hardware.mappings_in_template())
        .set_placement(hardware.placement_in_template())
        // Spot capacity cannot be reserved.
        .set_capacity_reservation_specification(hardware.reservation_in_template().filter(|_| !spot))
        .set_tag_specifications(Some(
            resources.into_iter().map(|resource| tags::in_template(resource, &specification.tags)).collect(),
        ))
        .build()
}
