//! Providers: the kinds of cloud.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;

use super::launch_access::LaunchAccess;
use crate::annex::AnnexCloud;
use crate::plan::{CloudConfig, ProviderRules};
use crate::provider::{CallObserver, Catalog, Cloud, CloudError, DoctorFinding};

/// The environment of all providers.
#[derive(Clone)]
pub struct ProviderEnvironment {
    /// The state file's absolute path. Providers keep local files beside it.
    pub state_file: PathBuf,
    /// The hoist binary, which becomes the init of local instances.
    pub init_program: PathBuf,
    /// The observer of all calls to clouds.
    pub observer: Option<CallObserver>,
}

impl ProviderEnvironment {
    /// Returns the directory of the state file.
    pub fn beside(&self) -> &Path {
        self.state_file.parent().unwrap_or(Path::new("/"))
    }
}

/// A kind of cloud. Its name is the value of `provider` in plans; a [`CloudConfig`] selects a cloud of that kind, and
/// is only passed to the provider that it names.
///
/// Opening makes no requests: an unreachable cloud fails when it is first used.
#[async_trait]
pub trait Provider: Send + Sync {
    /// Returns its rules for plans.
    fn rules(&self) -> ProviderRules;

    /// Returns its name in plans: `ec2`.
    fn name(&self) -> &'static str {
        self.rules().name
    }

    /// Opens the cloud. `access` is required for launches; without it, the cloud can be queried and instances
    /// terminated.
    fn open(&self, config: &CloudConfig, access: Option<&LaunchAccess>) -> Result<Arc<dyn Cloud>, CloudError>;

    /// Opens the cloud's catalog; `None` if it has no choices.
    fn catalog(&self, _config: &CloudConfig) -> Option<Arc<dyn Catalog>> {
        None
    }

    /// Opens the cloud for annexes.
    fn annexes(&self, config: &CloudConfig) -> Result<Arc<dyn AnnexCloud>, CloudError>;

    /// Resolves all settings that identify the cloud, so that later changes of the environment do not lead to another
    /// one.
    async fn pin(&self, config: &CloudConfig) -> Result<CloudConfig, CloudError> {
        Ok(config.clone())
    }

    /// Returns the effective region, if the cloud has regions and one is known.
    async fn region(&self, config: &CloudConfig) -> Option<String> {
        config.region.clone()
    }

    /// Returns the cloud's name for messages: `ec2 us-east-1`.
    async fn label(&self, _config: &CloudConfig) -> Result<String, CloudError> {
        Ok(self.name().to_owned())
    }

    /// Returns the same account in each of its other regions.
    async fn other_regions(&self, _config: &CloudConfig) -> Result<Vec<CloudConfig>, CloudError> {
        Ok(Vec::new())
    }

    /// Whether this machine has any configuration for such a cloud.
    fn is_configured(&self) -> bool;

    /// Whether this machine has credentials for such a cloud.
    fn has_credentials(&self) -> bool {
        self.is_configured()
    }

    /// Returns the findings of `hoist doctor` about it, for the cloud that the command line names, if any.
    async fn examine(&self, named: Option<&CloudConfig>) -> Vec<DoctorFinding>;
}
