//! A cloud, and how to reach it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Bucket;

/// The name of the cloud on this machine, and of its provider.
pub const LOCAL_CLOUD: &str = "local";

/// A cloud and how to reach it. Credentials are never here, only where they are found.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct CloudConfig {
    /// The provider's name.
    pub provider: String,
    /// The region.
    pub region: Option<String>,
    /// The API's address, for compatible clouds.
    pub endpoint: Option<String>,
    /// The profile in the user's cloud configuration that holds the credentials.
    pub profile: Option<String>,
    /// Whether the endpoint speaks only the oldest part of the EC2 API: no tags at launch, no fleets, no metadata
    /// options (OpenStack's ec2-api and its like).
    #[serde(default)]
    pub compatible: bool,
    /// The number of the account that it belongs to, once a run was raised there: credentials of another account would
    /// not see the run's machines, and nothing could tell that from machines that are gone.
    #[serde(default)]
    pub account: Option<String>,
    /// Where user data is stored that is too large to be given to a machine.
    #[serde(default)]
    pub bucket: Option<Bucket>,
    /// What else its provider reads in a plan (see [`ProviderRules::settings`]).
    ///
    /// [`ProviderRules::settings`]: super::ProviderRules::settings
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub settings: BTreeMap<String, String>,
}

impl CloudConfig {
    /// The cloud of this provider that its own settings and the environment name.
    pub fn of(provider: impl Into<String>) -> Self {
        Self { provider: provider.into(), ..Self::default() }
    }

    /// The cloud on this machine.
    pub fn local() -> Self {
        Self::of(LOCAL_CLOUD)
    }

    /// Whether it is the cloud on this machine, whose instances are processes here.
    pub fn is_local(&self) -> bool {
        self.provider == LOCAL_CLOUD
    }
}
