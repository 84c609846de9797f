//! A session: the one place that knows credentials, region, endpoint, request limits and who watches.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use jiff::SignedDuration;
use tokio::sync::OnceCell;

use super::call_timing::CallTiming;
use super::client_factory::{LoadedConfig, load};
use super::clock_skew::ClockSkew;
use super::config::{AwsConfig, AwsEnvironment, meant};
use super::credentials;
use super::error_context::ErrorContext;
use super::rate_limiter::Limiter;
use super::rate_limits::Limits;
use crate::provider::{ApiCall, CallObserver, CloudError, CloudErrorKind};

/// Access to one account in one region. Share it: its request limits hold for all that call through it.
pub struct AwsSession {
    config: AwsConfig,
    environment: AwsEnvironment,
    timing: CallTiming,
    limits: Limits,
    observer: Option<CallObserver>,
    limiter: Limiter,
    skew: ClockSkew,
    has_answered: AtomicBool,
    loaded: OnceCell<LoadedConfig>,
    right_account: OnceCell<()>,
}

impl AwsSession {
    /// A session that will be what `config`, the environment and the user's files say. Reads and asks nothing yet.
    pub fn new(config: AwsConfig) -> Self {
        Self {
            config,
            environment: AwsEnvironment::of_process(),
            timing: CallTiming::default(),
            limits: Limits::aws(),
            observer: None,
            limiter: Limiter::new(Limits::aws()),
            skew: ClockSkew::unknown(),
            has_answered: AtomicBool::new(false),
            loaded: OnceCell::new(),
            right_account: OnceCell::new(),
        }
    }

    /// With another environment than the process's.
    #[must_use]
    pub fn environment(self, environment: AwsEnvironment) -> Self {
        Self { environment, ..self }
    }

    /// With other request limits than AWS's.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, limiter: Limiter::new(limits), ..self }
    }

    /// With another patience.
    #[must_use]
    pub fn call_timing(self, timing: CallTiming) -> Self {
        Self { timing, ..self }
    }

    /// With somebody who is told of each call.
    #[must_use]
    pub fn observer(self, observer: CallObserver) -> Self {
        Self { observer: Some(observer), ..self }
    }

    /// The region, once it is known which.
    pub async fn region(&self) -> Result<&str, CloudError> {
        Ok(&self.loaded().await?.region)
    }

    /// The endpoint, where it is not AWS's own.
    pub async fn endpoint(&self) -> Result<Option<&str>, CloudError> {
        Ok(self.loaded().await?.endpoint.as_deref())
    }

    /// Whether the endpoint speaks only the oldest part of the EC2 API.
    pub fn is_compatible(&self) -> bool {
        meant(&self.config, &self.environment).compatible
    }

    /// The server's clock less ours at its last answer.
    pub fn clock_skew(&self) -> Option<SignedDuration> {
        self.skew.get()
    }

    /// The same account in another region, with request limits of its own, as AWS has them.
    pub async fn in_region(&self, region: &str) -> Result<Self, CloudError> {
        let skew = ClockSkew::unknown();
        let loaded = self.loaded().await?.in_region(region, &skew);
        Ok(Self {
            config: AwsConfig { region: Some(region.to_owned()), ..self.config.clone() },
            environment: self.environment.clone(),
            timing: self.timing,
            limits: self.limits,
            observer: self.observer.clone(),
            limiter: Limiter::new(self.limits),
            skew,
            has_answered: AtomicBool::new(false),
            loaded: OnceCell::new_with(Some(loaded)),
            right_account: OnceCell::new_with(self.right_account.get().copied()),
        })
    }

    /// The client of EC2.
    pub(in crate::cloud) async fn ec2(&self) -> Result<&aws_sdk_ec2::Client, CloudError> {
        let loaded = self.loaded().await?;
        if let Some(account) = &self.config.account {
            self.right_account.get_or_try_init(|| self.check_account(account)).await?;
        }
        Ok(&loaded.ec2)
    }

    /// The client of the store of objects.
    pub(in crate::cloud) async fn s3(&self) -> Result<&aws_sdk_s3::Client, CloudError> {
        // Checks the account, too.
        self.ec2().await?;
        let loaded = self.loaded().await?;
        if self.is_compatible() && loaded.storage.is_none() {
            let message = "it is not known where this EC2-like cloud keeps its buckets";
            let hint = "set AWS_ENDPOINT_URL_S3 to the address of its store, or leave `bucket` out";
            return Err(CloudError::new(CloudErrorKind::Rejected, message).hint(hint));
        }
        Ok(&loaded.s3)
    }

    /// The client of stacks.
    pub(in crate::cloud) async fn cloudformation(&self) -> Result<&aws_sdk_cloudformation::Client, CloudError> {
        // Checks the account, too.
        self.ec2().await?;
        Ok(&self.loaded().await?.cloudformation)
    }

    /// The client of groups that keep their size.
    pub(in crate::cloud) async fn autoscaling(&self) -> Result<&aws_sdk_autoscaling::Client, CloudError> {
        self.ec2().await?;
        Ok(&self.loaded().await?.autoscaling)
    }

    /// The client of what the account may have.
    pub(in crate::cloud) async fn servicequotas(&self) -> Result<&aws_sdk_servicequotas::Client, CloudError> {
        self.ec2().await?;
        Ok(&self.loaded().await?.servicequotas)
    }

    /// The credentials as they are now.
    pub(in crate::cloud) async fn credentials(&self) -> Result<Credentials, CloudError> {
        let refused = |reason: String| CloudError::new(CloudErrorKind::Rejected, reason);
        let provider = self.loaded().await?.credentials();
        let provider = provider.ok_or_else(|| refused("there are no credentials".to_owned()))?;
        let given = provider.provide_credentials().await;
        given.map_err(|error| refused(format!("cannot get the credentials: {}", credentials::explain(&error))))
    }

    /// Where calls of the store are made, for messages.
    pub(in crate::cloud) fn storage_scene(&self) -> ErrorContext {
        let endpoint = self.loaded.get().and_then(|loaded| loaded.storage.clone());
        ErrorContext { endpoint, compatible: false, ..self.scene() }
    }

    /// Where calls are made, for messages.
    pub(in crate::cloud) fn scene(&self) -> ErrorContext {
        let loaded = self.loaded.get();
        ErrorContext {
            region: loaded.map(|loaded| loaded.region.clone()).unwrap_or_default(),
            endpoint: loaded.and_then(|loaded| loaded.endpoint.clone()),
            profile: loaded.and_then(|loaded| loaded.profile.clone()),
            compatible: self.is_compatible(),
            skew: self.skew.get(),
            has_answered: self.has_answered(),
        }
    }

    pub(super) async fn loaded(&self) -> Result<&LoadedConfig, CloudError> {
        self.loaded.get_or_try_init(|| load(&self.config, &self.environment, &self.skew)).await
    }

    /// The variables that it was made with.
    pub(super) fn variables(&self) -> &AwsEnvironment {
        &self.environment
    }

    /// How patient calls are.
    pub(in crate::cloud) fn timing(&self) -> CallTiming {
        self.timing
    }

    pub(super) fn limiter(&self) -> &Limiter {
        &self.limiter
    }

    pub(super) fn observe(&self, call: &ApiCall) {
        if let Some(observer) = &self.observer {
            observer(call);
        }
    }

    /// The endpoint answered, whatever it said: it is the right one.
    pub(super) fn answered(&self) {
        self.has_answered.store(true, Ordering::Relaxed);
    }

    pub(super) fn has_answered(&self) -> bool {
        self.has_answered.load(Ordering::Relaxed)
    }
}

impl fmt::Debug for AwsSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("config", &self.config).finish_non_exhaustive()
    }
}
