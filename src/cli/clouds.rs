//! The clouds that a command line can reach.

use std::path::Path;
use std::sync::Arc;

use super::context::Context;
use super::exit::CommandError;
use crate::annex::AnnexCloud;
#[cfg(feature = "aws")]
use crate::cloud::aws::AwsProvider;
use crate::cloud::local::LocalProvider;
use crate::cloud::{Provider, ProviderEnvironment, Providers};
use crate::host::own_program;
use crate::os::{check_own_directory, remedy};
use crate::plan::CloudConfig;
use crate::provider::{Cloud, CloudError};

/// The other directories beside the state file, which must be ours as it is.
const OWN_DIRECTORIES: [&str; 3] = ["this-host", "ssh", "submissions"];

/// Fails where somebody put something else in the place of a directory that is to be ours.
pub(super) fn check_beside(directory: &Path) -> Result<(), CommandError> {
    check_own(directory, std::iter::once(LocalProvider::DIRECTORY).chain(OWN_DIRECTORIES))
}

fn check_own(beside: &Path, names: impl IntoIterator<Item = &'static str>) -> Result<(), CommandError> {
    names.into_iter().map(|name| beside.join(name)).try_for_each(|path| {
        check_own_directory(&path).map_err(|error| {
            let error = CommandError::new(error.to_string());
            // Another state file would know nothing of what is recorded in this one.
            remedy(&path).into_iter().fold(error, CommandError::hint)
        })
    })
}

/// Opens clouds, whatever their provider.
pub(super) struct Clouds {
    environment: ProviderEnvironment,
    providers: Providers,
}

impl Clouds {
    /// The clouds of this command line; what they keep on this machine is beside the state file.
    pub(super) fn new(context: &Context) -> Result<Self, CommandError> {
        let state_file = std::path::absolute(&context.state_path)
            .map_err(|error| CommandError::new(format!("cannot find {}: {error}", context.state_path.display())))?;
        let observer = context.call_observer();
        let environment = ProviderEnvironment { state_file, init_program: own_program(), observer };
        let clouds = Self { providers: Providers::new(&environment), environment };
        // A local cloud that cannot be used says so itself, when it is asked.
        check_own(clouds.beside(), OWN_DIRECTORIES)?;
        Ok(clouds)
    }

    /// The directory of the state file, absolute.
    pub(super) fn beside(&self) -> &Path {
        self.environment.state_file.parent().unwrap_or(Path::new("/"))
    }

    /// What a host's init is started as.
    pub(super) fn init_program(&self) -> &Path {
        &self.environment.init_program
    }

    /// Every provider, that of this machine first.
    pub(super) fn providers(&self) -> impl Iterator<Item = &dyn Provider> {
        self.providers.iter()
    }

    /// The provider whose cloud this is.
    pub(super) fn provider(&self, config: &CloudConfig) -> Result<&dyn Provider, CloudError> {
        self.providers.of(config)
    }

    /// The cloud, for asking and terminating.
    pub(super) fn open(&self, config: &CloudConfig) -> Result<Arc<dyn Cloud>, CloudError> {
        self.provider(config)?.open(config, None)
    }

    /// Where annexes are made: as stacks on AWS, or on this machine.
    pub(super) fn annexes(&self, config: &CloudConfig) -> Result<Arc<dyn AnnexCloud>, CloudError> {
        self.provider(config)?.annexes(config)
    }

    /// The same with the region, the address and the account that it leads to now.
    pub(super) async fn pinned(&self, config: &CloudConfig) -> Result<CloudConfig, CloudError> {
        self.provider(config)?.pin(config).await
    }

    /// What to call the cloud in messages: `ec2 us-east-1`, `local`.
    pub(super) async fn place(&self, config: &CloudConfig) -> Result<String, CloudError> {
        self.provider(config)?.label(config).await
    }
}

/// AWS, as this command line reaches it.
#[cfg(feature = "aws")]
pub(super) fn aws(context: &Context) -> Result<AwsProvider, CommandError> {
    let Clouds { environment, .. } = Clouds::new(context)?;
    Ok(AwsProvider::new(&environment))
}
