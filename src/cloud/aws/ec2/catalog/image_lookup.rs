//! Looks up an image by its id or parameter.

use std::sync::Arc;

use aws_sdk_ec2::types::InstanceType;
use jiff::Timestamp;

use crate::cloud::aws::api::{ApiClass, AwsSession, Call, ErrorClass};
use crate::cloud::aws::ec2::describe::filter;
use crate::cloud::aws::ec2::images::read;
use crate::cloud::aws::ec2::os_detect::os_of;
use crate::cloud::aws::ec2::ssm_alias::BY_PARAMETER;
use crate::provider::{CloudError, CloudErrorKind, Image};

/// Looks up single images.
pub(in crate::cloud) struct ImageLookup {
    session: Arc<AwsSession>,
}

impl ImageLookup {
    /// Creates a lookup through this session. Requests nothing yet.
    pub(in crate::cloud) fn new(session: Arc<AwsSession>) -> Self {
        Self { session }
    }

    /// Returns the image of this id, or behind this parameter. For a parameter, EC2 shows only whether it names an
    /// image, not which.
    pub(in crate::cloud) async fn find(&self, id: &str) -> Result<Option<Image>, CloudError> {
        if id.starts_with(BY_PARAMETER) {
            return Ok(if self.names_an_image(id).await? { Some(named(id)) } else { None });
        }
        let compatible = self.session.is_compatible();
        let client = self.session.ec2().await?;
        let request = client
            .describe_images()
            // Unlike a list of ids, a filter accepts ids that do not exist.
            .filters(filter("image-id", [id.to_owned()]))
            .set_include_deprecated((!compatible).then_some(true));
        let call = Call::ec2("DescribeImages", ApiClass::Describe);
        let answer = match self.session.call(call, || request.clone().send()).await {
            Ok(answer) => answer,
            Err(problem) if problem.class() == ErrorClass::UnknownImage => return Ok(None),
            Err(problem) => return Err(problem.explain(&self.session.scene(), &format!("look up the image {id}"))),
        };
        let found = answer.images.unwrap_or_default();
        Ok(found
            .into_iter()
            .filter_map(|shown| read(shown, Timestamp::now(), !compatible))
            .find(|image| image.id == id))
    }

    /// Does a dry run of a launch from the image: only launches resolve parameters.
    async fn names_an_image(&self, id: &str) -> Result<bool, CloudError> {
        if self.session.is_compatible() {
            return Ok(false);
        }
        let instance_type = if is_arm(id) { InstanceType::T4gSmall } else { InstanceType::T3Small };
        let client = self.session.ec2().await?;
        let request =
            client.run_instances().image_id(id).instance_type(instance_type).min_count(1).max_count(1).dry_run(true);
        let call = Call::ec2("RunInstances", ApiClass::RunInstances);
        let Err(problem) = self.session.call(call, || request.clone().send()).await else { return Ok(true) };
        let error = problem.explain(&self.session.scene(), &format!("look up {id}"));
        match problem.class() {
            ErrorClass::UnknownImage => Ok(false),
            ErrorClass::BadValue if speaks_of_a_parameter(problem.fault.message()) => Ok(false),
            // Without permission for the dry run, the result is unknown.
            ErrorClass::NotPermitted
            | ErrorClass::WrongCredentials
            | ErrorClass::ExpiredCredentials
            | ErrorClass::Clock => Err(error),
            _ if error.kind == CloudErrorKind::Transient || problem.code().is_none() => Err(error),
            // The launch fails for a reason other than the image, which does not matter here.
            _ => Ok(true),
        }
    }
}

fn speaks_of_a_parameter(message: &str) -> bool {
    let message = message.to_lowercase();
    ["ssm", "systems manager", "parameter store", "/aws/service/", "resolve"].iter().any(|word| message.contains(word))
}

fn named(id: &str) -> Image {
    let parameter = id.strip_prefix(BY_PARAMETER).unwrap_or(id);
    let architecture = ["amd64", "x86_64", "arm64", "aarch64"].into_iter().find(|word| parameter.contains(word));
    Image {
        id: id.to_owned(),
        name: parameter.to_owned(),
        owner: None,
        os: os_of(parameter, None),
        architecture: architecture.map(|word| if is_arm(word) { "arm64" } else { "x86_64" }.to_owned()),
        created: None,
        deprecated: false,
        resolve: Some(id.to_owned()),
    }
}

fn is_arm(name: &str) -> bool {
    ["arm64", "aarch64"].iter().any(|word| name.contains(word))
}
