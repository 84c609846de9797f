//! Launch templates as the tests make them.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::types::{
    InstanceType, LaunchTemplateHttpTokensState, LaunchTemplateInstanceMetadataOptionsRequest,
    LaunchTemplateTagSpecificationRequest, RequestLaunchTemplateData, ResourceType, Tag,
};

use hoist_test_support::aws::IMAGE;

pub(crate) fn data() -> RequestLaunchTemplateData {
    let tag = Tag::builder().key("hoist:run").value("r1").build();
    let tags = LaunchTemplateTagSpecificationRequest::builder().resource_type(ResourceType::Instance).tags(tag).build();
    let metadata = LaunchTemplateInstanceMetadataOptionsRequest::builder()
        .http_tokens(LaunchTemplateHttpTokensState::Required)
        .http_put_response_hop_limit(1)
        .build();
    RequestLaunchTemplateData::builder()
        .image_id(IMAGE)
        .instance_type(InstanceType::T3Small)
        .key_name("login")
        .user_data(crate::peers::launches::aws_base64(b"#!/bin/sh\n"))
        .metadata_options(metadata)
        .tag_specifications(tags)
        .build()
}

/// Makes a launch template, and tells its id.
pub(crate) async fn template(client: &Client, name: &str, token: Option<&str>) -> String {
    let call = client.create_launch_template().launch_template_name(name).set_client_token(token.map(str::to_owned));
    let made = call.launch_template_data(data()).send().await.unwrap();
    made.launch_template().and_then(|template| template.launch_template_id()).unwrap().to_owned()
}
