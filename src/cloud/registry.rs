//! The providers that this program has.

use std::sync::Arc;

use super::local::LocalProvider;
use super::provider::{Provider, ProviderEnvironment};
use crate::plan::{CloudConfig, HOW_TO_GET_AWS, KnownProviders, ProviderRules, WITHOUT_AWS};
use crate::provider::{CloudError, CloudErrorKind};

/// The providers of this program, by name. A further one is added here, and nowhere else.
#[derive(Clone)]
pub struct Providers {
    all: Vec<Arc<dyn Provider>>,
}

impl Providers {
    /// All that were built in.
    pub fn new(environment: &ProviderEnvironment) -> Self {
        let all: Vec<Arc<dyn Provider>> = vec![
            Arc::new(LocalProvider::new(environment)),
            #[cfg(feature = "aws")]
            Arc::new(super::aws::AwsProvider::new(environment)),
        ];
        Self { all }
    }

    /// With one more.
    #[must_use]
    pub fn with(mut self, provider: Arc<dyn Provider>) -> Self {
        self.all.push(provider);
        self
    }

    /// Each of them, the local one first.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Provider> {
        self.all.iter().map(|provider| &**provider)
    }

    /// What plans may name: these, and those that plans know anyway.
    pub fn known_to_plans(&self) -> KnownProviders {
        let mut known = KnownProviders::default();
        for provider in self.iter().filter(|provider| KnownProviders::default().named(provider.name()).is_none()) {
            known = known.with(provider.rules());
        }
        known
    }

    /// The one of this name, if there is one.
    pub fn named(&self, name: &str) -> Option<&dyn Provider> {
        self.iter().find(|provider| provider.name() == name)
    }

    /// The one whose cloud this is.
    ///
    /// # Errors
    /// This program has none of that name; the hint says how to get it, or to do without.
    pub fn of(&self, config: &CloudConfig) -> Result<&dyn Provider, CloudError> {
        self.named(&config.provider).ok_or_else(|| self.missing(&config.provider))
    }

    fn missing(&self, name: &str) -> CloudError {
        if name == ProviderRules::EC2.name {
            return without_aws(&format!("cannot use {name}"));
        }
        let names: Vec<&str> = self.iter().map(Provider::name).collect();
        let message = format!("this version of hoist cannot launch on {name}, only on {}", names.join(" and "));
        CloudError::new(CloudErrorKind::Rejected, message).hint("--cloud local tries the plan on this machine")
    }
}

/// The error of a program that was built without AWS; `lack` says what it can not do therefore.
pub fn without_aws(lack: &str) -> CloudError {
    // It says nothing of what is there, as where no credentials let us in.
    CloudError::new(CloudErrorKind::Denied, format!("{WITHOUT_AWS}, and {lack}")).hint(HOW_TO_GET_AWS)
}
