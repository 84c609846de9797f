//! Implements `Catalog` for EC2, delegating each operation to its component.

use async_trait::async_trait;

use super::catalog::key_pairs::list_key_pairs;
use super::ec2_cloud::Ec2Cloud;
use crate::provider::{Catalog, CloudError, Image, ImageFilter, InstanceType, NewSecurityGroup, SecurityGroup, Subnet};

#[async_trait]
impl Catalog for Ec2Cloud {
    async fn images(&self, filter: &ImageFilter) -> Result<Vec<Image>, CloudError> {
        self.images.list(filter).await
    }

    async fn image(&self, id: &str) -> Result<Option<Image>, CloudError> {
        self.image_lookup.find(id).await
    }

    async fn instance_types(&self) -> Result<Vec<InstanceType>, CloudError> {
        self.instance_types.list().await
    }

    async fn key_pairs(&self) -> Result<Vec<String>, CloudError> {
        list_key_pairs(&self.session).await
    }

    async fn subnets(&self) -> Result<Vec<Subnet>, CloudError> {
        self.networks.subnets().await
    }

    async fn security_groups(&self, network: Option<&str>) -> Result<Vec<SecurityGroup>, CloudError> {
        self.networks.security_groups(network).await
    }

    async fn make_security_group(&self, wanted: &NewSecurityGroup) -> Result<String, CloudError> {
        self.group_maker.ensure(wanted).await
    }
}
