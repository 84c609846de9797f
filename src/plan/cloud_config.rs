//! The configuration of a cloud.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Bucket;

/// The name of the cloud on this machine, and of its provider.
pub const LOCAL_CLOUD: &str = "local";

/// A cloud's provider, endpoint and account. Contains no credentials, only where they are found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CloudConfig {
    /// The provider's name.
    pub provider: String,
    /// The region.
    pub region: Option<String>,
    /// The API's endpoint, for compatible clouds.
    pub endpoint: Option<String>,
    /// The profile with the credentials in the user's cloud configuration.
    pub profile: Option<String>,
    /// Whether the endpoint supports only the oldest part of the EC2 API: no tags at launch, no fleets, no metadata
    /// options (OpenStack's ec2-api, for example).
    #[serde(default)]
    pub compatible: bool,
    /// The account's number, recorded once a run was raised in it. Credentials of another account would not see the
    /// run's instances, which would look the same as instances that are gone.
    #[serde(default)]
    pub account: Option<String>,
    /// The bucket for user data that exceeds the size limit of a launch.
    #[serde(default)]
    pub bucket: Option<Bucket>,
    /// The provider's own settings in a plan (see [`ProviderRules::settings`]).
    ///
    /// [`ProviderRules::settings`]: super::ProviderRules::settings
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

impl CloudConfig {
    /// Returns the provider's default cloud, as set by the provider's own settings and the environment.
    pub fn of(provider: impl Into<String>) -> Self {
        Self { provider: provider.into(), ..Self::default() }
    }

    /// Returns the cloud on this machine.
    pub fn local() -> Self {
        Self::of(LOCAL_CLOUD)
    }

    /// Returns whether this is the cloud on this machine, whose instances are local processes.
    pub fn is_local(&self) -> bool {
        self.provider == LOCAL_CLOUD
    }
}
