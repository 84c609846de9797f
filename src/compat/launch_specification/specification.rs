//! Specification of a machine to launch, independent of its notation.

use std::collections::BTreeMap;

use crate::plan::ProviderRules;

/// Notation of a file.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Provider {
    /// Amazon's notation (the `LaunchSpecification` of RequestSpotInstances).
    #[default]
    Ec2,
    /// Google's notation (the body of `instances.insert`).
    Gce,
}

impl Provider {
    /// Returns the name of the cloud that reads it, as plans and fleet files say it.
    pub fn cloud(self) -> &'static str {
        match self {
            Self::Ec2 => ProviderRules::EC2.name,
            Self::Gce => ProviderRules::GCE.name,
        }
    }

    /// Returns the name of the built-in template that writes its notation.
    pub fn template(self) -> &'static str {
        match self {
            Self::Ec2 => "spot-launch-specification.json",
            Self::Gce => "gce-instance.json",
        }
    }
}

/// Specification of a machine to launch, in the words of hoist's plans and of the engine's `Machine` and `Offer`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct LaunchSpecification {
    /// Notation of the file.
    pub provider: Provider,
    /// Name of the machine (GCE).
    pub name: Option<String>,
    /// Image.
    pub image: String,
    /// Instance type.
    pub instance_type: String,
    /// Whether to buy spot capacity. EC2's launch specification is one for spot requests.
    pub spot: bool,
    /// Availability zone.
    pub zone: Option<String>,
    /// Id or name of the subnet.
    pub subnet: Option<String>,
    /// Name of the key pair (EC2).
    pub key_name: Option<String>,
    /// Security groups, by id or name; on GCE, network tags.
    pub security_groups: Vec<String>,
    /// Name or ARN of the instance profile; on GCE, the service account.
    pub instance_profile: Option<String>,
    /// User data, decoded.
    pub user_data: Option<Vec<u8>>,
    /// Tags; on GCE, labels.
    pub tags: BTreeMap<String, String>,
}
