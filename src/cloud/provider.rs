//! A provider: a kind of cloud, and how clouds of it are opened.

use std::path::PathBuf;
use std::sync::Arc;

use async_trait::async_trait;

use super::launch_access::LaunchAccess;
use crate::annex::AnnexCloud;
use crate::plan::{CloudConfig, ProviderRules};
use crate::provider::{CallObserver, Catalog, Cloud, CloudError, DoctorFinding};

/// What every provider is opened with.
#[derive(Clone)]
pub struct ProviderEnvironment {
    /// The state file, absolute. What a provider keeps on this machine is beside it.
    pub state_file: PathBuf,
    /// The hoist binary, which becomes the init of local instances.
    pub init_program: PathBuf,
    /// Is told of each call to a cloud.
    pub observer: Option<CallObserver>,
}

/// A kind of cloud. Its name is what plans have as `provider`; a [`CloudConfig`] says which cloud of the kind is meant,
/// and is only ever given to the provider that it names.
///
/// Opening asks nothing: a cloud that is not there says so when it is asked.
#[async_trait]
pub trait Provider: Send + Sync {
    /// What plans have to know of it.
    fn rules(&self) -> ProviderRules;

    /// Its name in plans: `ec2`.
    fn name(&self) -> &'static str {
        self.rules().name
    }

    /// The cloud. With `access`, to launch machines that are reached so; without it, to ask and to terminate.
    fn open(&self, config: &CloudConfig, access: Option<&LaunchAccess>) -> Result<Arc<dyn Cloud>, CloudError>;

    /// What the cloud offers to choose from; none where there is nothing to choose.
    fn catalog(&self, _config: &CloudConfig) -> Option<Arc<dyn Catalog>> {
        None
    }

    /// Where annexes are made.
    fn annexes(&self, config: &CloudConfig) -> Result<Arc<dyn AnnexCloud>, CloudError>;

    /// The same cloud, by all that tells it from others now: what the environment says later must not lead elsewhere.
    async fn pin(&self, config: &CloudConfig) -> Result<CloudConfig, CloudError> {
        Ok(config.clone())
    }

    /// The region that is meant, where there are regions and one is known.
    async fn region(&self, config: &CloudConfig) -> Option<String> {
        config.region.clone()
    }

    /// What to call the cloud in messages: `ec2 us-east-1`.
    async fn label(&self, _config: &CloudConfig) -> Result<String, CloudError> {
        Ok(self.name().to_owned())
    }

    /// The same account in each of its other regions.
    async fn other_regions(&self, _config: &CloudConfig) -> Result<Vec<CloudConfig>, CloudError> {
        Ok(Vec::new())
    }

    /// Whether anything on this machine says how to reach such a cloud.
    fn is_configured(&self) -> bool;

    /// Whether anything on this machine says with which credentials.
    fn has_credentials(&self) -> bool {
        self.is_configured()
    }

    /// What `hoist doctor` tells of it: of the cloud that the command line names, if it names one.
    async fn examine(&self, named: Option<&CloudConfig>) -> Vec<DoctorFinding>;
}
