//! The registry of providers.

use std::sync::Arc;

use super::local::LocalProvider;
use super::provider::{Provider, ProviderEnvironment};
use crate::plan::{CloudConfig, HOW_TO_GET_AWS, KnownProviders, ProviderRules, WITHOUT_AWS};
use crate::provider::{CloudError, CloudErrorKind};

/// The providers of this program, by name. New ones are added here only.
#[derive(Clone)]
pub struct Providers {
    all: Vec<Arc<dyn Provider>>,
}

impl Providers {
    /// Creates all providers that were compiled in.
    pub fn new(environment: &ProviderEnvironment) -> Self {
        let all: Vec<Arc<dyn Provider>> = vec![
            Arc::new(LocalProvider::new(environment)),
            #[cfg(feature = "aws")]
            Arc::new(super::aws::AwsProvider::new(environment)),
            #[cfg(feature = "gce")]
            Arc::new(super::gce::GceProvider::new(environment)),
        ];
        Self { all }
    }

    /// Adds a provider.
    #[must_use]
    pub fn with(mut self, provider: Arc<dyn Provider>) -> Self {
        self.all.push(provider);
        self
    }

    /// Iterates over the providers, the local one first.
    pub fn iter(&self) -> impl Iterator<Item = &dyn Provider> {
        self.all.iter().map(|provider| &**provider)
    }

    /// Returns the providers that plans may name: these, and those of other programs and versions, which plans know.
    pub fn known_to_plans(&self) -> KnownProviders {
        self.iter().fold(KnownProviders::default(), |known, provider| known.with(provider.rules()))
    }

    /// Returns the provider of this name, if any.
    pub fn named(&self, name: &str) -> Option<&dyn Provider> {
        self.iter().find(|provider| provider.name() == name)
    }

    /// Returns the provider of this cloud.
    ///
    /// # Errors
    /// This program lacks the provider; the hint says how to get it, or do without.
    pub fn of(&self, config: &CloudConfig) -> Result<&dyn Provider, CloudError> {
        self.named(&config.provider).ok_or_else(|| self.missing(&config.provider))
    }

    fn missing(&self, name: &str) -> CloudError {
        if name == ProviderRules::EC2.name {
            return without_aws(&format!("cannot use {name}"));
        }
        let names: Vec<&str> = self.iter().map(Provider::name).collect();
        let message = format!("this version of hoist cannot launch on {name}, only on {}", names.join(" and "));
        CloudError::new(CloudErrorKind::Rejected, message).hint(format!("take {} as the provider", names.join(" or ")))
    }
}

/// Returns the error of a program that was built without AWS; `lack` names the missing function.
pub fn without_aws(lack: &str) -> CloudError {
    // The error kind is neutral about existing instances, as for missing credentials.
    CloudError::new(CloudErrorKind::Denied, format!("{WITHOUT_AWS}, and {lack}")).hint(HOW_TO_GET_AWS)
}
