//! What EC2 offers to choose from, and the security groups that are made for a choice.

mod ensure_security_group;
mod group_rules;
mod image_lookup;
mod instance_types;
mod networks;

use async_trait::async_trait;

use super::ec2_cloud::Ec2Cloud;
use crate::cloud::aws::api::{CallError, CallFailure, ErrorClass};
use crate::provider::{Catalog, CloudError, Image, ImageFilter, InstanceType, NewSecurityGroup, SecurityGroup, Subnet};

#[async_trait]
impl Catalog for Ec2Cloud {
    async fn images(&self, filter: &ImageFilter) -> Result<Vec<Image>, CloudError> {
        self.list_images(filter).await
    }

    async fn image(&self, id: &str) -> Result<Option<Image>, CloudError> {
        self.one_image(id).await
    }

    async fn instance_types(&self) -> Result<Vec<InstanceType>, CloudError> {
        self.list_instance_types().await
    }

    async fn key_pairs(&self) -> Result<Vec<String>, CloudError> {
        self.list_key_pairs().await
    }

    async fn subnets(&self) -> Result<Vec<Subnet>, CloudError> {
        self.list_subnets().await
    }

    async fn security_groups(&self, network: Option<&str>) -> Result<Vec<SecurityGroup>, CloudError> {
        self.list_security_groups(network).await
    }

    async fn make_security_group(&self, wanted: &NewSecurityGroup) -> Result<String, CloudError> {
        self.ensure_security_group(wanted).await
    }
}

impl Ec2Cloud {
    /// Whether this is how a compatible cloud says that it does not know an action. OpenStack's ec2-api calls it an
    /// invalid request, others a wrong address; AWS knows them all.
    fn is_unknown_action(&self, problem: &CallError) -> bool {
        let is_refusal = matches!(&problem.fault, CallFailure::Status(400 | 404 | 405 | 501))
            || matches!(problem.class(), ErrorClass::Unsupported | ErrorClass::BadValue);
        self.session.is_compatible() && is_refusal
    }
}
