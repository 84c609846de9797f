//! The clouds that a workspace can reach.

use std::path::Path;
use std::sync::Arc;

use super::exit::CommandError;
use super::own_directories::check_own;
use super::workspace::Workspace;
use crate::annex::AnnexCloud;
#[cfg(feature = "aws")]
use crate::cloud::aws::AwsProvider;
use crate::cloud::{Provider, ProviderEnvironment, Providers};
use crate::host::own_program;
use crate::plan::CloudConfig;
use crate::provider::{Cloud, CloudError};

/// Opens clouds, whatever their provider.
pub(crate) struct Clouds {
    environment: ProviderEnvironment,
    providers: Providers,
}

impl Clouds {
    /// The clouds of this workspace; what they keep on this machine is beside the state file.
    pub(crate) fn new(workspace: &Workspace) -> Result<Self, CommandError> {
        let state_file = std::path::absolute(&workspace.state_path)
            .map_err(|error| CommandError::new(format!("cannot find {}: {error}", workspace.state_path.display())))?;
        let observer = workspace.observer.clone();
        let environment = ProviderEnvironment { state_file, init_program: own_program(), observer };
        let clouds = Self { providers: Providers::new(&environment), environment };
        // A local cloud that cannot be used says so itself, when it is asked.
        check_own(clouds.beside())?;
        Ok(clouds)
    }

    /// The directory of the state file, absolute.
    pub(crate) fn beside(&self) -> &Path {
        self.environment.state_file.parent().unwrap_or(Path::new("/"))
    }

    /// What a host's init is started as.
    pub(crate) fn init_program(&self) -> &Path {
        &self.environment.init_program
    }

    /// Every provider, that of this machine first.
    pub(crate) fn providers(&self) -> impl Iterator<Item = &dyn Provider> {
        self.providers.iter()
    }

    /// The provider whose cloud this is.
    pub(crate) fn provider(&self, config: &CloudConfig) -> Result<&dyn Provider, CloudError> {
        self.providers.of(config)
    }

    /// The cloud, for asking and terminating.
    pub(crate) fn open(&self, config: &CloudConfig) -> Result<Arc<dyn Cloud>, CloudError> {
        self.provider(config)?.open(config, None)
    }

    /// Where annexes are made: as stacks on AWS, or on this machine.
    pub(crate) fn annexes(&self, config: &CloudConfig) -> Result<Arc<dyn AnnexCloud>, CloudError> {
        self.provider(config)?.annexes(config)
    }

    /// The same with the region, the address and the account that it leads to now.
    pub(crate) async fn pinned(&self, config: &CloudConfig) -> Result<CloudConfig, CloudError> {
        self.provider(config)?.pin(config).await
    }

    /// What to call the cloud in messages: `ec2 us-east-1`, `local`.
    pub(crate) async fn place(&self, config: &CloudConfig) -> Result<String, CloudError> {
        self.provider(config)?.label(config).await
    }
}

/// AWS, as this workspace reaches it.
#[cfg(feature = "aws")]
pub(crate) fn aws(workspace: &Workspace) -> Result<AwsProvider, CommandError> {
    let Clouds { environment, .. } = Clouds::new(workspace)?;
    Ok(AwsProvider::new(&environment))
}
