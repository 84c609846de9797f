//! The local cloud as a provider.

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;

use super::{LocalAnnexes, LocalCloud, LocalCloudConfig};
use crate::annex::AnnexCloud;
use crate::cloud::launch_access::LaunchAccess;
use crate::cloud::provider::{Provider, ProviderEnvironment};
use crate::cloud::users_templates;
use crate::plan::{CloudConfig, ProviderRules};
use crate::provider::{Cloud, CloudError, DoctorFinding};

/// The provider of local clouds; each state file has one.
pub struct LocalProvider {
    config: LocalCloudConfig,
    state_file: PathBuf,
    opened: OnceLock<LocalCloud>,
}

impl LocalProvider {
    /// The local cloud's directory, relative to that of the state file.
    pub const DIRECTORY: &str = "local";

    /// Returns the provider of the cloud beside this state file.
    pub fn new(environment: &ProviderEnvironment) -> Self {
        let config = LocalCloudConfig {
            root: environment.beside().join(Self::DIRECTORY),
            init_program: environment.init_program.clone(),
            namespaces: true,
        };
        Self { config, state_file: environment.state_file.clone(), opened: OnceLock::new() }
    }

    fn cloud(&self) -> Result<LocalCloud, CloudError> {
        if let Some(cloud) = self.opened.get() {
            return Ok(cloud.clone());
        }
        let cloud = LocalCloud::of_state_file(self.config.clone(), self.state_file.clone())?;
        Ok(self.opened.get_or_init(|| cloud).clone())
    }
}

#[async_trait]
impl Provider for LocalProvider {
    fn rules(&self) -> ProviderRules {
        ProviderRules::LOCAL
    }

    fn open(&self, _config: &CloudConfig, _access: Option<&LaunchAccess>) -> Result<Arc<dyn Cloud>, CloudError> {
        Ok(Arc::new(self.cloud()?))
    }

    fn annexes(&self, _config: &CloudConfig) -> Result<Arc<dyn AnnexCloud>, CloudError> {
        Ok(Arc::new(LocalAnnexes::new(self.cloud()?, users_templates()?)))
    }

    fn is_configured(&self) -> bool {
        true
    }

    async fn examine(&self, _named: Option<&CloudConfig>) -> Vec<DoctorFinding> {
        vec![match self.cloud() {
            Ok(cloud) => match cloud.capabilities().lacks.first() {
                Some(lack) => DoctorFinding::ok("local cloud", format!("works; {lack}")),
                None => DoctorFinding::ok("local cloud", "works, with namespaces"),
            },
            Err(error) => DoctorFinding::wrong("local cloud", error.message, error.hint),
        }]
    }
}
