//! A session: credentials, region, endpoint, request limits and observer in one place.

use std::error::Error;
use std::fmt;

use aws_credential_types::Credentials;
use aws_credential_types::provider::ProvideCredentials as _;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::operation::RequestId;
use jiff::SignedDuration;
use tokio::sync::OnceCell;

use super::api_caller::ApiCaller;
use super::call::Call;
use super::call_error::CallError;
use super::call_timing::CallTiming;
use super::client_factory::{LoadedConfig, load};
use super::clock_skew::ClockSkew;
use super::config::{AwsConfig, AwsEnvironment, meant};
use super::credentials;
use super::error_context::ErrorContext;
use super::http_get::{FetchError, fetch};
use super::identity::{AccountQuestions, CallerIdentity};
use super::rate_limiter::Limiter;
use super::rate_limits::Limits;
use crate::provider::{CallObserver, CloudError, CloudErrorKind};

/// Access to one account in one region. Share it: its request limits apply to all calls made through it.
pub struct AwsSession {
    config: AwsConfig,
    environment: AwsEnvironment,
    limits: Limits,
    caller: ApiCaller,
    skew: ClockSkew,
    loaded: OnceCell<LoadedConfig>,
    right_account: OnceCell<()>,
}

impl AwsSession {
    /// Creates a session from `config`, the environment and the user's files. Reads and requests nothing yet.
    pub fn new(config: AwsConfig) -> Self {
        Self {
            config,
            environment: AwsEnvironment::of_process(),
            limits: Limits::aws(),
            caller: ApiCaller::new(CallTiming::default(), Limiter::new(Limits::aws()), None),
            skew: ClockSkew::unknown(),
            loaded: OnceCell::new(),
            right_account: OnceCell::new(),
        }
    }

    /// Replaces the process's environment.
    #[must_use]
    pub fn environment(self, environment: AwsEnvironment) -> Self {
        Self { environment, ..self }
    }

    /// Replaces AWS's request limits.
    #[must_use]
    pub fn limits(self, limits: Limits) -> Self {
        Self { limits, caller: self.caller.with_limiter(Limiter::new(limits)), ..self }
    }

    /// Replaces the retry timing.
    #[must_use]
    pub fn call_timing(self, timing: CallTiming) -> Self {
        Self { caller: self.caller.with_timing(timing), ..self }
    }

    /// Sets the observer of calls.
    #[must_use]
    pub fn observer(self, observer: CallObserver) -> Self {
        Self { caller: self.caller.with_observer(observer), ..self }
    }

    /// Returns the region; loads the configuration if necessary.
    pub async fn region(&self) -> Result<&str, CloudError> {
        Ok(&self.loaded().await?.region)
    }

    /// Returns the endpoint, where it is not AWS's own.
    pub async fn endpoint(&self) -> Result<Option<&str>, CloudError> {
        Ok(self.loaded().await?.endpoint.as_deref())
    }

    /// Returns whether the endpoint supports only the oldest part of the EC2 API.
    pub fn is_compatible(&self) -> bool {
        meant(&self.config, &self.environment).compatible
    }

    /// Returns the server's clock less the local one at its last answer.
    pub fn clock_skew(&self) -> Option<SignedDuration> {
        self.skew.get()
    }

    /// Returns a session of the same account in another region, with request limits of its own, as AWS has them.
    pub async fn in_region(&self, region: &str) -> Result<Self, CloudError> {
        let skew = ClockSkew::unknown();
        let loaded = self.loaded().await?.in_region(region, &skew);
        Ok(Self {
            config: AwsConfig { region: Some(region.to_owned()), ..self.config.clone() },
            environment: self.environment.clone(),
            limits: self.limits,
            caller: self.caller.in_region(Limiter::new(self.limits)),
            skew,
            loaded: OnceCell::new_with(Some(loaded)),
            right_account: OnceCell::new_with(self.right_account.get().copied()),
        })
    }

    /// Returns the EC2 client, after checking the account where one is required.
    pub(in crate::cloud) async fn ec2(&self) -> Result<&aws_sdk_ec2::Client, CloudError> {
        let loaded = self.loaded().await?;
        if let Some(account) = &self.config.account {
            let check = || async {
                let scene = || self.scene();
                self.questions(loaded, &scene).check_account(account).await
            };
            self.right_account.get_or_try_init(check).await?;
        }
        Ok(&loaded.ec2)
    }

    /// Returns the S3 client.
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

    /// Returns the CloudFormation client.
    pub(in crate::cloud) async fn cloudformation(&self) -> Result<&aws_sdk_cloudformation::Client, CloudError> {
        // Checks the account, too.
        self.ec2().await?;
        Ok(&self.loaded().await?.cloudformation)
    }

    /// Returns the Auto Scaling client.
    pub(in crate::cloud) async fn autoscaling(&self) -> Result<&aws_sdk_autoscaling::Client, CloudError> {
        self.ec2().await?;
        Ok(&self.loaded().await?.autoscaling)
    }

    /// Returns the Service Quotas client.
    pub(in crate::cloud) async fn servicequotas(&self) -> Result<&aws_sdk_servicequotas::Client, CloudError> {
        self.ec2().await?;
        Ok(&self.loaded().await?.servicequotas)
    }

    /// Returns the current credentials.
    pub(in crate::cloud) async fn credentials(&self) -> Result<Credentials, CloudError> {
        let refused = |reason: String| CloudError::new(CloudErrorKind::Rejected, reason);
        let provider = self.loaded().await?.credentials();
        let provider = provider.ok_or_else(|| refused("there are no credentials".to_owned()))?;
        let given = provider.provide_credentials().await;
        given.map_err(|error| refused(format!("cannot get the credentials: {}", credentials::explain(&error))))
    }

    /// Returns the circumstances of S3 calls, for messages.
    pub(in crate::cloud) fn storage_scene(&self) -> ErrorContext {
        let endpoint = self.loaded.get().and_then(|loaded| loaded.storage.clone());
        ErrorContext { endpoint, compatible: false, ..self.scene() }
    }

    /// Returns the circumstances of calls, for messages.
    pub(in crate::cloud) fn scene(&self) -> ErrorContext {
        let loaded = self.loaded.get();
        ErrorContext {
            region: loaded.map(|loaded| loaded.region.clone()).unwrap_or_default(),
            endpoint: loaded.and_then(|loaded| loaded.endpoint.clone()),
            profile: loaded.and_then(|loaded| loaded.profile.clone()),
            compatible: self.is_compatible(),
            skew: self.skew.get(),
            has_answered: self.caller.has_answered(),
        }
    }

    async fn loaded(&self) -> Result<&LoadedConfig, CloudError> {
        self.loaded.get_or_try_init(|| load(&self.config, &self.environment, &self.skew)).await
    }

    /// Returns the retry timing of calls.
    pub(in crate::cloud) fn timing(&self) -> CallTiming {
        self.caller.timing()
    }

    /// Makes a call through the limiter, and retries it after transient failures.
    pub(in crate::cloud) async fn call<T, E, F>(&self, call: Call, send: impl FnMut() -> F) -> Result<T, CallError>
    where
        T: RequestId,
        E: ProvideErrorMetadata + Error + Send + Sync + 'static,
        SdkError<E>: RequestId,
        F: Future<Output = Result<T, SdkError<E>>>,
    {
        self.caller.call(call, send).await
    }

    /// Fetches the text at an address, of at most `longest` bytes.
    ///
    /// # Errors
    /// The reason for the failure.
    pub(in crate::cloud) async fn fetch(&self, url: &str, longest: usize) -> Result<String, FetchError> {
        fetch(&self.environment, url, longest).await
    }

    /// Asks for the caller's identity: one cheap call that needs no permission, only valid credentials.
    pub async fn identity(&self) -> Result<CallerIdentity, CloudError> {
        let scene = || self.scene();
        self.questions(self.loaded().await?, &scene).identity().await
    }

    /// Returns the regions that the account may use, sorted.
    pub async fn regions(&self) -> Result<Vec<String>, CloudError> {
        // Checks the account, too.
        self.ec2().await?;
        let scene = || self.scene();
        self.questions(self.loaded().await?, &scene).regions().await
    }

    fn questions<'a>(
        &'a self,
        clients: &'a LoadedConfig,
        scene: &'a (dyn Fn() -> ErrorContext + Sync),
    ) -> AccountQuestions<'a> {
        AccountQuestions { caller: &self.caller, clients, scene }
    }
}

impl fmt::Debug for AwsSession {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Session").field("config", &self.config).finish_non_exhaustive()
    }
}
