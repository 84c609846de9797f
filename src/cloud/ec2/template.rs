//! The launch template that a fleet is made from: there for one call, and gone after it.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    LaunchTemplateHttpTokensState, LaunchTemplateIamInstanceProfileSpecificationRequest,
    LaunchTemplateInstanceMetadataOptionsRequest, RequestLaunchTemplateData, ResourceType, ShutdownBehavior,
};

use super::run_instances::METADATA_HOPS;
use super::specification::Specification;
use super::{Ec2Cloud, tags};
use crate::cloud::aws::{Call, Class, Group, Problem};
use crate::engine::CloudError;

/// The template's name for the launch with this token.
pub(super) fn name(token: &str) -> String {
    format!("hoist-{token}")
}

impl Ec2Cloud {
    /// Makes the template of a launch. One of its name is of the same launch, made before we were interrupted.
    pub(super) async fn make_template(
        &self,
        token: &str,
        client_token: &str,
        specification: &Specification,
        spot: bool,
    ) -> Result<(), CloudError> {
        let client = self.session.ec2().await?;
        let request = client
            .create_launch_template()
            .launch_template_name(name(token))
            .client_token(client_token)
            .tag_specifications(tags::specification(ResourceType::LaunchTemplate, &specification.tags))
            .launch_template_data(data(specification, spot));
        let call = Call::ec2("CreateLaunchTemplate", Group::Mutate);
        match self.session.call(call, || request.clone().send()).await {
            Ok(_) => Ok(()),
            Err(problem) if matches!(problem.class(), Class::Exists | Class::TokenMismatch) => Ok(()),
            Err(problem) => Err(problem.explain(&self.session.scene(), "make the launch template of a fleet")),
        }
    }

    /// Removes a template; one that is gone is removed.
    pub(super) async fn remove_template(&self, client: &Client, by: TemplateName<'_>) -> Result<(), Problem> {
        let request = client.delete_launch_template();
        let request = match by {
            TemplateName::Name(name) => request.launch_template_name(name),
            TemplateName::Id(id) => request.launch_template_id(id),
        };
        let call = Call::ec2("DeleteLaunchTemplate", Group::Mutate);
        match self.session.call(call, || request.clone().send()).await {
            Ok(_) => Ok(()),
            Err(problem) if problem.class() == Class::UnknownOther => Ok(()),
            Err(problem) => Err(problem),
        }
    }
}

/// How a template is named.
pub(super) enum TemplateName<'a> {
    Name(&'a str),
    Id(&'a str),
}

fn data(specification: &Specification, spot: bool) -> RequestLaunchTemplateData {
    let some = |list: &Vec<String>| Some(list.clone()).filter(|list| !list.is_empty());
    let mut resources = vec![ResourceType::Instance, ResourceType::Volume, ResourceType::NetworkInterface];
    if spot {
        resources.push(ResourceType::SpotInstancesRequest);
    }
    let behavior = specification.ends_with_shutdown.then_some(ShutdownBehavior::Terminate);
    let profile = specification.profile.as_ref().map(|profile| {
        LaunchTemplateIamInstanceProfileSpecificationRequest::builder()
            .set_name(profile.name())
            .set_arn(profile.arn())
            .build()
    });
    let metadata = LaunchTemplateInstanceMetadataOptionsRequest::builder()
        .http_tokens(LaunchTemplateHttpTokensState::Required)
        .http_put_response_hop_limit(METADATA_HOPS)
        .build();
    RequestLaunchTemplateData::builder()
        .image_id(&specification.image)
        .set_key_name(specification.key_name.clone())
        .set_security_group_ids(some(&specification.groups.ids))
        .set_security_groups(some(&specification.groups.names))
        .set_iam_instance_profile(profile)
        .set_user_data(specification.user_data.clone())
        .set_instance_initiated_shutdown_behavior(behavior)
        .metadata_options(metadata)
        .set_tag_specifications(Some(
            resources.into_iter().map(|resource| tags::in_template(resource, &specification.tags)).collect(),
        ))
        .build()
}
