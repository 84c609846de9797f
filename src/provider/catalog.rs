//! A cloud's catalog of choices, and the creation of security groups, the only resource that a choice may need.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use async_trait::async_trait;

use super::cloud_error::CloudError;
use super::resources::{Image, ImageFilter};

/// A cloud whose choices can be listed. Lists are complete (every page is read) and sorted for people.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Returns images to launch from, the newest first.
    async fn images(&self, filter: &ImageFilter) -> Result<Vec<Image>, CloudError>;

    /// Returns the image with this id or `resolve:ssm:` name, if any.
    async fn image(&self, id: &str) -> Result<Option<Image>, CloudError>;

    /// Returns the instance types; empty if the cloud cannot list them (some compatible clouds).
    async fn instance_types(&self) -> Result<Vec<InstanceType>, CloudError>;

    /// Returns the names of the key pairs.
    async fn key_pairs(&self) -> Result<Vec<String>, CloudError>;

    /// Returns the subnets; empty if there are none or the cloud cannot list them.
    async fn subnets(&self) -> Result<Vec<Subnet>, CloudError>;

    /// Returns the security groups of a network, or of all.
    async fn security_groups(&self, network: Option<&str>) -> Result<Vec<SecurityGroup>, CloudError>;

    /// Creates a security group, or adds the missing rules to the existing one of this name in this network; safe to
    /// repeat. Returns its id.
    async fn make_security_group(&self, wanted: &NewSecurityGroup) -> Result<String, CloudError>;
}

/// An instance type.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InstanceType {
    /// Its name: `t3.small`.
    pub name: String,
    /// Virtual processors.
    pub cpus: u32,
    /// Memory, in MiB.
    pub memory_mib: u64,
    /// `x86_64`, `arm64`.
    pub architectures: Vec<String>,
}

/// A subnet of a network, in one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// The cloud's id.
    pub id: String,
    /// Its name, from its tag.
    pub name: Option<String>,
    /// Its network (VPC).
    pub network: String,
    /// The availability zone.
    pub zone: String,
    /// Its address range: `172.31.0.0/20`.
    pub cidr: String,
    /// Whether it is the default subnet of its zone.
    pub is_default: bool,
}

/// A security group.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityGroup {
    /// The cloud's id.
    pub id: String,
    /// Its name, unique in its network.
    pub name: String,
    /// The network (VPC); some compatible clouds have none.
    pub network: Option<String>,
    /// Its ingress rules.
    pub ingress: Vec<IngressRule>,
}

/// A security group to create.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSecurityGroup {
    /// Its name, unique in its network.
    pub name: String,
    /// A description for people.
    pub description: String,
    /// The network (VPC); by default the default network.
    pub network: Option<String>,
    /// Its ingress rules.
    pub ingress: Vec<IngressRule>,
    /// Keys and values, as the cloud has them.
    pub tags: BTreeMap<String, String>,
}

/// An ingress rule of a security group.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IngressRule {
    /// The kind of traffic.
    pub traffic: Traffic,
    /// The source.
    pub from: Peer,
}

/// A kind of traffic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Traffic {
    /// All traffic.
    All,
    /// All of ICMP.
    Icmp,
    /// TCP on these ports.
    Tcp(RangeInclusive<u16>),
}

/// A source of traffic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Peer {
    /// An address range: `0.0.0.0/0`.
    Cidr(String),
    /// Instances of this security group, by id.
    Group(String),
    /// Instances of the same security group.
    Itself,
}
