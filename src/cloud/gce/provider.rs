//! Provider of Google Compute Engine.

use std::sync::Arc;

use async_trait::async_trait;

use super::gce_cloud::GceCloud;
use super::options::GceTiming;
use super::session::GceSession;
use super::settings::{GceEnvironment, GceSettings};
use crate::annex::AnnexCloud;
use crate::cloud::launch_access::LaunchAccess;
use crate::cloud::provider::{Provider, ProviderEnvironment};
use crate::plan::{CloudConfig, ProviderRules};
use crate::provider::{CallObserver, Cloud, CloudError, CloudErrorKind, DoctorFinding};

/// Opens projects of Google Cloud.
pub struct GceProvider {
    observer: Option<CallObserver>,
}

impl GceProvider {
    /// Creates the provider. Reads and requests nothing yet.
    pub fn new(environment: &ProviderEnvironment) -> Self {
        Self { observer: environment.observer.clone() }
    }

    fn session(&self, config: &CloudConfig) -> Arc<GceSession> {
        let session = GceSession::new(GceSettings::new(config, GceEnvironment::of_process()));
        Arc::new(match &self.observer {
            Some(observer) => session.observer(observer.clone()),
            None => session,
        })
    }
}

#[async_trait]
impl Provider for GceProvider {
    fn rules(&self) -> ProviderRules {
        ProviderRules::GCE
    }

    fn open(&self, config: &CloudConfig, access: Option<&LaunchAccess>) -> Result<Arc<dyn Cloud>, CloudError> {
        Ok(Arc::new(GceCloud::new(self.session(config), GceTiming::default(), access.cloned())))
    }

    fn annexes(&self, _config: &CloudConfig) -> Result<Arc<dyn AnnexCloud>, CloudError> {
        let message = "this version of hoist makes no annexes on Google Cloud";
        Err(CloudError::new(CloudErrorKind::Rejected, message).hint("--cloud local tries an annex on this machine"))
    }

    async fn pin(&self, config: &CloudConfig) -> Result<CloudConfig, CloudError> {
        let session = self.session(config);
        let mut pinned = config.clone();
        pinned.settings.insert("project".to_owned(), session.project().await?.to_owned());
        pinned.settings.extend(session.settings().zone.clone().map(|zone| ("zone".to_owned(), zone)));
        pinned.endpoint.clone_from(&session.settings().endpoint);
        Ok(pinned)
    }

    async fn label(&self, config: &CloudConfig) -> Result<String, CloudError> {
        let session = self.session(config);
        let at = session.settings().endpoint.as_ref().map(|url| format!(" at {url}")).unwrap_or_default();
        Ok(format!("{} {}{at}", self.name(), session.project().await?))
    }

    fn is_configured(&self) -> bool {
        GceEnvironment::of_process().names_google()
    }

    fn has_credentials(&self) -> bool {
        GceEnvironment::of_process().has_credentials()
    }

    async fn examine(&self, named: Option<&CloudConfig>) -> Vec<DoctorFinding> {
        let config = match named {
            Some(config) => config.clone(),
            None if self.is_configured() => CloudConfig::of(self.name()),
            None => {
                let remedy = "set GOOGLE_APPLICATION_CREDENTIALS and GOOGLE_CLOUD_PROJECT, or run `gcloud auth \
                              application-default login`";
                return vec![DoctorFinding::absent("gce", "no credentials and no project are configured", remedy)];
            }
        };
        let session = self.session(&config);
        match session.examined().await {
            Ok(detail) => vec![DoctorFinding::ok("gce", detail)],
            Err(error) => vec![DoctorFinding::wrong("gce", error.message, error.hint)],
        }
    }
}
