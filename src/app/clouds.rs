//! The clouds reachable from a workspace.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use super::exit::CommandError;
use super::own_directories::check_own;
use super::workspace::Workspace;
use crate::annex::AnnexCloud;
#[cfg(feature = "aws")]
use crate::cloud::aws::AwsProvider;
use crate::cloud::{Provider, ProviderEnvironment, Providers};
use crate::host::own_program;
use crate::plan::{CloudConfig, KnownProviders};
use crate::provider::{Cloud, CloudError};

/// Opener of clouds of all providers.
pub(crate) struct Clouds {
    environment: ProviderEnvironment,
    providers: Providers,
}

impl Clouds {
    /// Creates the clouds of this workspace; their local files are beside the state file.
    pub(crate) fn new(workspace: &Workspace) -> Result<Self, CommandError> {
        let state_file = std::path::absolute(&workspace.state_path)
            .map_err(|error| CommandError::new(format!("cannot find {}: {error}", workspace.state_path.display())))?;
        let environment = environment(workspace, state_file);
        let clouds = Self { providers: Providers::new(&environment), environment };
        // An unusable local cloud reports that itself when it is asked.
        check_own(clouds.beside())?;
        Ok(clouds)
    }

    /// Returns the absolute directory of the state file.
    pub(crate) fn beside(&self) -> &Path {
        self.environment.beside()
    }

    /// Returns the program that runs as the init of a host.
    pub(crate) fn init_program(&self) -> &Path {
        &self.environment.init_program
    }

    /// Iterates over all providers, the local one first.
    pub(crate) fn providers(&self) -> impl Iterator<Item = &dyn Provider> {
        self.providers.iter()
    }

    /// Returns the provider of a cloud.
    pub(crate) fn provider(&self, config: &CloudConfig) -> Result<&dyn Provider, CloudError> {
        self.providers.of(config)
    }

    /// Opens the cloud for queries and terminations.
    pub(crate) fn open(&self, config: &CloudConfig) -> Result<Arc<dyn Cloud>, CloudError> {
        self.provider(config)?.open(config, None)
    }

    /// Opens the annexes of a cloud: stacks on AWS, or local ones.
    pub(crate) fn annexes(&self, config: &CloudConfig) -> Result<Arc<dyn AnnexCloud>, CloudError> {
        self.provider(config)?.annexes(config)
    }

    /// Returns the configuration with its current region, address and account filled in.
    pub(crate) async fn pinned(&self, config: &CloudConfig) -> Result<CloudConfig, CloudError> {
        self.provider(config)?.pin(config).await
    }

    /// Returns the label of the cloud for messages: `ec2 us-east-1`, `local`.
    pub(crate) async fn place(&self, config: &CloudConfig) -> Result<String, CloudError> {
        self.provider(config)?.label(config).await
    }
}

fn environment(workspace: &Workspace, state_file: PathBuf) -> ProviderEnvironment {
    ProviderEnvironment { state_file, init_program: own_program(), observer: workspace.observer.clone() }
}

/// Returns the providers that plans may name.
pub(crate) fn known_to_plans(workspace: &Workspace) -> KnownProviders {
    Providers::new(&environment(workspace, workspace.state_path.clone())).known_to_plans()
}

/// Returns the AWS provider of this workspace.
#[cfg(feature = "aws")]
pub(crate) fn aws(workspace: &Workspace) -> Result<AwsProvider, CommandError> {
    let Clouds { environment, .. } = Clouds::new(workspace)?;
    Ok(AwsProvider::new(&environment))
}
