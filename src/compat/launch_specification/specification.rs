//! One machine to launch, in whichever notation it was written.

use std::collections::BTreeMap;

/// Whose notation a file is in.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provider {
    /// Amazon's (the `LaunchSpecification` of RequestSpotInstances).
    #[default]
    Ec2,
    /// Google's (the body of `instances.insert`).
    Gce,
}

/// One machine to launch, in the words of hoist's plans and of the engine's `Machine` and `Offer`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaunchSpecification {
    /// Whose notation it was written in.
    pub provider: Provider,
    /// The machine's name (GCE).
    pub name: Option<String>,
    /// The image.
    pub image: String,
    /// The machine's size.
    pub instance_type: String,
    /// Whether to buy spot capacity. EC2's launch specification is one for spot requests.
    pub spot: bool,
    /// The availability zone.
    pub zone: Option<String>,
    /// The subnet's id or name.
    pub subnet: Option<String>,
    /// The key pair's name (EC2).
    pub key_name: Option<String>,
    /// Security groups, by id or name; on GCE, network tags.
    pub security_groups: Vec<String>,
    /// The instance profile's name or ARN; on GCE, the service account.
    pub instance_profile: Option<String>,
    /// User data, decoded.
    pub user_data: Option<Vec<u8>>,
    /// Tags; on GCE, labels.
    pub tags: BTreeMap<String, String>,
}
