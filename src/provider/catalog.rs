//! What a cloud offers to choose from, and the one thing that a choice may need made: a security group.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use async_trait::async_trait;

use super::cloud_error::CloudError;
use super::resources::{Image, ImageFilter};

/// A cloud whose offers can be looked at. Lists are whole (every page is read) and sorted by what a person looks for.
#[async_trait]
pub trait Catalog: Send + Sync {
    /// Images to launch from, the newest first.
    async fn images(&self, filter: &ImageFilter) -> Result<Vec<Image>, CloudError>;

    /// The image with this id or `resolve:ssm:` name, if there is one.
    async fn image(&self, id: &str) -> Result<Option<Image>, CloudError>;

    /// The machine sizes; empty where the cloud cannot list them (some compatible clouds).
    async fn instance_types(&self) -> Result<Vec<InstanceType>, CloudError>;

    /// The names of the key pairs.
    async fn key_pairs(&self) -> Result<Vec<String>, CloudError>;

    /// The subnets; empty where there is none or the cloud cannot list them.
    async fn subnets(&self) -> Result<Vec<Subnet>, CloudError>;

    /// The security groups of a network, or of all.
    async fn security_groups(&self, network: Option<&str>) -> Result<Vec<SecurityGroup>, CloudError>;

    /// Makes a security group, or gives the one of this name in this network and adds the rules that it lacks: safe to
    /// repeat. Returns its id.
    async fn make_security_group(&self, wanted: &NewSecurityGroup) -> Result<String, CloudError>;
}

/// A machine size.
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

/// A part of a network, in one zone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Subnet {
    /// The cloud's id.
    pub id: String,
    /// Its name, by its tag.
    pub name: Option<String>,
    /// The network (VPC) that it is part of.
    pub network: String,
    /// The availability zone.
    pub zone: String,
    /// Its addresses: `172.31.0.0/20`.
    pub cidr: String,
    /// Whether machines go there when no subnet is named.
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
    /// What it lets in.
    pub ingress: Vec<IngressRule>,
}

/// A security group to be made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewSecurityGroup {
    /// Its name, unique in its network.
    pub name: String,
    /// For people who find it.
    pub description: String,
    /// The network (VPC); unless given, the default one.
    pub network: Option<String>,
    /// What it lets in.
    pub ingress: Vec<IngressRule>,
    /// Keys and values, as the cloud has them.
    pub tags: BTreeMap<String, String>,
}

/// What a security group lets in.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct IngressRule {
    /// What kind of traffic.
    pub traffic: Traffic,
    /// From where.
    pub from: Peer,
}

/// A kind of traffic.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Traffic {
    /// Everything.
    All,
    /// All of ICMP.
    Icmp,
    /// TCP on these ports.
    Tcp(RangeInclusive<u16>),
}

/// Where traffic comes from.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Peer {
    /// These addresses: `0.0.0.0/0`.
    Cidr(String),
    /// Machines of this security group, by id.
    Group(String),
    /// Machines of the same security group.
    Itself,
}
