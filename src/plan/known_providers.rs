//! The providers that plans may name, and what a plan has to know of each.

use super::cloud_config::LOCAL_CLOUD;

/// Why something of AWS is refused, in a program without the feature `aws`.
pub const WITHOUT_AWS: &str = "this hoist was built without Amazon's clouds";

/// What to do about that.
pub const HOW_TO_GET_AWS: &str = "cargo install --path . builds it with all clouds";

/// What a plan has to know of a provider. Its name is that of a cloud, too, which needs no `[clouds.NAME]` section.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ProviderRules {
    /// What plans call it.
    pub name: &'static str,
    /// Whether this program launches there.
    pub launches: bool,
    /// Whether its instances start from an image that a plan must name.
    pub needs_image: bool,
    /// The keys of its own in a plan's `[clouds.NAME]`, beside those that all have.
    pub settings: &'static [ProviderSetting],
}

/// A key of a provider's own: a text.
#[derive(Clone, Copy, Debug)]
pub struct ProviderSetting {
    /// The key.
    pub key: &'static str,
    /// What is wrong with a value, if anything.
    pub check: fn(&str) -> Result<(), String>,
}

impl PartialEq for ProviderSetting {
    fn eq(&self, other: &Self) -> bool {
        self.key == other.key
    }
}

impl Eq for ProviderSetting {}

impl ProviderRules {
    const fn new(name: &'static str, launches: bool, needs_image: bool) -> Self {
        Self { name, launches, needs_image, settings: &[] }
    }

    /// The cloud on this machine.
    pub const LOCAL: Self = Self::new(LOCAL_CLOUD, true, false);

    /// Amazon EC2, and what speaks its language.
    pub const EC2: Self = Self::new("ec2", cfg!(feature = "aws"), true);

    /// Google Compute Engine, which plans may name already.
    pub const GCE: Self = Self::new("gce", false, true);

    /// The simulated cloud, which tests launch on.
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
    /// With one more.
    #[must_use]
    pub fn with(mut self, rules: ProviderRules) -> Self {
        self.0.push(rules);
        self
    }

    /// The one of this name.
    pub fn named(&self, name: &str) -> Option<&ProviderRules> {
        self.0.iter().find(|rules| rules.name == name)
    }

    /// Their names.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.iter().map(|rules| rules.name)
    }

    /// The names of those that this program launches on.
    pub(super) fn launching(&self) -> impl Iterator<Item = &str> {
        self.0.iter().filter(|rules| rules.launches).map(|rules| rules.name)
    }
}
