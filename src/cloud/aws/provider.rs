//! Provider of AWS, and of clouds with EC2's API.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use async_trait::async_trait;

use super::annex::{AnnexSetup, StackCloud};
use super::api::{AwsConfig, AwsSession};
use super::doctor;
use super::ec2::{Ec2Cloud, Ec2Options};
use super::s3::LaunchAddresses;
use super::settings;
use crate::annex::AnnexCloud;
use crate::cloud::launch_access::LaunchAccess;
use crate::cloud::provider::{Provider, ProviderEnvironment};
use crate::cloud::users_templates;
use crate::plan::{CloudConfig, ProviderRules};
use crate::provider::{CallObserver, Catalog, Cloud, CloudError, CloudErrorKind, DoctorFinding};

/// Opens EC2 clouds; clouds with the same configuration share a session, and so its request limits.
pub struct AwsProvider {
    sessions: Mutex<HashMap<String, Arc<AwsSession>>>,
    observer: Option<CallObserver>,
}

impl AwsProvider {
    /// Creates the provider. Reads and requests nothing yet.
    pub fn new(environment: &ProviderEnvironment) -> Self {
        Self { sessions: Mutex::default(), observer: environment.observer.clone() }
    }

    /// Returns the session of the account that `config` names.
    pub fn session(&self, config: &CloudConfig) -> Arc<AwsSession> {
        let make = || {
            let session = AwsSession::new(AwsConfig {
                profile: config.profile.clone(),
                region: config.region.clone(),
                endpoint: config.endpoint.clone(),
                compatible: config.compatible,
                account: config.account.clone(),
            });
            Arc::new(match &self.observer {
                Some(observer) => session.observer(observer.clone()),
                None => session,
            })
        };
        let mut sessions = self.sessions.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.entry(session_key(config)).or_insert_with(make).clone()
    }

    /// Returns the set-up for annexes of the account and region that `config` names.
    ///
    /// # Errors
    /// The cloud has no stacks, or the user's own templates cannot be read.
    pub fn setup(&self, config: &CloudConfig) -> Result<AnnexSetup, CloudError> {
        Ok(AnnexSetup::new(self.session_with_stacks(config)?, users_templates()?))
    }

    /// Returns the session of an account in which stacks can be created.
    ///
    /// # Errors
    /// The cloud has no stacks.
    pub fn session_with_stacks(&self, config: &CloudConfig) -> Result<Arc<AwsSession>, CloudError> {
        let session = self.session(config);
        if session.is_compatible() {
            let message = "this EC2-like cloud has no stacks, by which annexes are made";
            return Err(
                CloudError::new(CloudErrorKind::Rejected, message).hint("--cloud local tries an annex on this machine")
            );
        }
        Ok(session)
    }
}

/// Returns the key of a session. The bucket is left out: it does not affect the caller.
fn session_key(config: &CloudConfig) -> String {
    format!("{:?}", CloudConfig { bucket: None, ..config.clone() })
}

#[async_trait]
impl Provider for AwsProvider {
    fn rules(&self) -> ProviderRules {
        ProviderRules::EC2
    }

    fn open(&self, config: &CloudConfig, access: Option<&LaunchAccess>) -> Result<Arc<dyn Cloud>, CloudError> {
        let options = match access {
            Some(LaunchAccess { keys, by_ssh, announced, launched_at, .. }) => Ec2Options {
                addresses: Some(Arc::new(LaunchAddresses::new(keys.addresses()))),
                keys: Some(keys.clone()),
                reached_by_ssh: by_ssh.clone(),
                announced: announced.clone(),
                launched_at: launched_at.clone(),
                ..Ec2Options::default()
            },
            None => Ec2Options::default(),
        };
        let options = Ec2Options { bucket: config.bucket.clone(), ..options };
        Ok(Arc::new(Ec2Cloud::new(self.session(config), options)))
    }

    fn catalog(&self, config: &CloudConfig) -> Option<Arc<dyn Catalog>> {
        Some(Arc::new(Ec2Cloud::new(self.session(config), Ec2Options::default())))
    }

    fn annexes(&self, config: &CloudConfig) -> Result<Arc<dyn AnnexCloud>, CloudError> {
        Ok(Arc::new(StackCloud::new(self.session_with_stacks(config)?, users_templates()?)))
    }

    async fn pin(&self, config: &CloudConfig) -> Result<CloudConfig, CloudError> {
        let session = self.session(config);
        let region = session.region().await?.to_owned();
        let endpoint = session.endpoint().await?.map(str::to_owned);
        let account = match &config.account {
            Some(account) => Some(account.clone()),
            None => session.identity().await?.account,
        };
        let compatible = session.is_compatible();
        Ok(CloudConfig { region: Some(region), endpoint, compatible, account, ..config.clone() })
    }

    async fn region(&self, config: &CloudConfig) -> Option<String> {
        self.session(config).region().await.ok().map(str::to_owned)
    }

    async fn label(&self, config: &CloudConfig) -> Result<String, CloudError> {
        let session = self.session(config);
        let at = session.endpoint().await?.map(|url| format!(" at {url}")).unwrap_or_default();
        Ok(format!("{} {}{at}", self.name(), session.region().await?))
    }

    async fn other_regions(&self, config: &CloudConfig) -> Result<Vec<CloudConfig>, CloudError> {
        let session = self.session(config);
        let here = session.region().await?.to_owned();
        let mut others = Vec::new();
        for region in session.regions().await?.into_iter().filter(|region| *region != here) {
            let other = CloudConfig { region: Some(region.clone()), bucket: None, ..config.clone() };
            // The new session has the credentials and settings of this one.
            let there = Arc::new(session.in_region(&region).await?);
            self.sessions.lock().unwrap_or_else(PoisonError::into_inner).insert(session_key(&other), there);
            others.push(other);
        }
        Ok(others)
    }

    fn is_configured(&self) -> bool {
        settings::are_there()
    }

    fn has_credentials(&self) -> bool {
        settings::have_credentials()
    }

    async fn examine(&self, named: Option<&CloudConfig>) -> Vec<DoctorFinding> {
        let config = match named {
            Some(config) => config.clone(),
            None if self.is_configured() => CloudConfig::of(self.name()),
            None => return vec![doctor::absent()],
        };
        doctor::examine(&self.session(&config), || self.setup(&config)).await
    }
}
