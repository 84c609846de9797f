//! The providers that plans may name, with their rules.

use super::cloud_config::LOCAL_CLOUD;
use super::gce_settings::GCE_SETTINGS;
use super::provider_setting::ProviderSetting;

/// The reason for refusing anything of AWS in a program without the feature `aws`.
pub const WITHOUT_AWS: &str = "this hoist was built without Amazon's clouds";

/// The remedy.
pub const HOW_TO_GET_AWS: &str = "cargo install --path . builds it with all clouds";

/// The rules of a provider for plans. Its name is also that of a cloud, which needs no `[clouds.NAME]` section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderRules {
    /// The name in plans.
    pub name: &'static str,
    /// Whether this program can launch on it.
    pub launches: bool,
    /// Whether its instances require an image in the plan.
    pub needs_image: bool,
    /// Its own keys in a plan's `[clouds.NAME]`, in addition to the common ones.
    pub settings: &'static [ProviderSetting],
}

impl ProviderRules {
    const fn new(name: &'static str, launches: bool, needs_image: bool) -> Self {
        Self { name, launches, needs_image, settings: &[] }
    }

    /// The cloud on this machine.
    pub const LOCAL: Self = Self::new(LOCAL_CLOUD, true, false);

    /// Amazon EC2, and clouds with a compatible API.
    pub const EC2: Self = Self::new("ec2", cfg!(feature = "aws"), true);

    /// Google Compute Engine.
    pub const GCE: Self = Self { settings: GCE_SETTINGS, ..Self::new("gce", cfg!(feature = "gce"), true) };

    /// The simulated cloud, for tests.
    pub const SIM: Self = Self::new("sim", false, false);
}

/// Every provider that a plan may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownProviders(Vec<ProviderRules>);

impl Default for KnownProviders {
    fn default() -> Self {
        Self(vec![ProviderRules::LOCAL, ProviderRules::EC2, ProviderRules::GCE, ProviderRules::SIM])
    }
}

impl KnownProviders {
    /// Adds a provider, in the place of one with this name.
    #[must_use]
    pub fn with(mut self, rules: ProviderRules) -> Self {
        match self.0.iter_mut().find(|known| known.name == rules.name) {
            Some(known) => *known = rules,
            None => self.0.push(rules),
        }
        self
    }

    /// Returns the provider with this name.
    pub fn named(&self, name: &str) -> Option<&ProviderRules> {
        self.0.iter().find(|rules| rules.name == name)
    }

    /// Returns the names of all providers.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|rules| rules.name)
    }

    /// Returns the names of the providers on which this program can launch.
    pub(super) fn launching(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|rules| rules.launches).map(|rules| rules.name)
    }
}
