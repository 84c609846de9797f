//! Creates the clients: reads the configuration; finds credentials, region and endpoint.

use aws_config::provider_config::ProviderConfig;
use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_ec2::config::retry::RetryConfig;

use super::ca_bundle::trust;
use super::clock_skew::ClockSkew;
use super::config::{AwsConfig, AwsEnvironment, CredentialsSource, ResolvedConfig, meant};
use super::tls::Tls;
use super::{client, credentials, endpoint, profile_files, region};
use crate::provider::{CloudError, CloudErrorKind};

/// Region that signs calls to an endpoint for which none is given.
const ANY_REGION: &str = "us-east-1";

/// Clients and settings of a session, loaded at first use.
#[derive(Debug)]
pub(super) struct LoadedConfig {
    pub(super) ec2: aws_sdk_ec2::Client,
    pub(super) sts: aws_sdk_sts::Client,
    pub(super) s3: aws_sdk_s3::Client,
    pub(super) cloudformation: aws_sdk_cloudformation::Client,
    pub(super) autoscaling: aws_sdk_autoscaling::Client,
    pub(super) servicequotas: aws_sdk_servicequotas::Client,
    /// Address of the object store, where it is not AWS's own.
    pub(super) storage: Option<String>,
    pub(super) region: String,
    pub(super) endpoint: Option<String>,
    pub(super) profile: Option<String>,
    sdk: SdkConfig,
}

/// Addresses for calls, where they are not AWS's own.
struct Endpoints {
    endpoint: Option<String>,
    storage: Option<String>,
}

/// Loads everything that calls need, and fetches credentials.
pub(super) async fn load(
    config: &AwsConfig,
    environment: &AwsEnvironment,
    skew: &ClockSkew,
) -> Result<LoadedConfig, CloudError> {
    let meant = meant(config, environment);
    for url in meant.endpoint.iter().chain(&meant.storage) {
        endpoint::check(url).map_err(|reason| {
            refused(format!("{url} is not the address of an API: {reason}"))
                .hint("it comes from --endpoint-url, the plan or the fleet file, AWS_ENDPOINT_URL or EC2_URL, and looks like https://host:port/path")
        })?;
    }
    if let Some(name) = &meant.region {
        check_region(name, &meant)?;
    }
    profile_files::check(environment)?;
    let sdk = read(&meant, environment).await?;
    let region = match sdk.region().map(ToString::to_string).or_else(|| meant.region.clone()) {
        Some(name) => {
            check_region(&name, &meant)?;
            name
        }
        None if meant.endpoint.is_some() => ANY_REGION.to_owned(),
        None => {
            return Err(refused("no region is given".to_owned())
                .hint("give --region, `region` of the cloud in the plan or the fleet file, AWS_REGION, or a region in the profile"));
        }
    };
    let ResolvedConfig { endpoint, storage, profile, .. } = meant;
    Ok(LoadedConfig::new(sdk, region, Endpoints { endpoint, storage }, profile, skew))
}

impl LoadedConfig {
    fn new(
        sdk: SdkConfig,
        region: String,
        Endpoints { endpoint, storage }: Endpoints,
        profile: Option<String>,
        skew: &ClockSkew,
    ) -> Self {
        let shared = sdk
            .to_builder()
            .region(Region::new(region.clone()))
            .timeout_config(client::timeouts())
            .retry_config(RetryConfig::disabled())
            .build();
        let mut s3 = aws_sdk_s3::config::Builder::from(&shared).interceptor(skew.clone());
        if let Some(storage) = &storage {
            // Such an endpoint has no DNS names for buckets, so the bucket goes into the path.
            s3 = s3.endpoint_url(storage).force_path_style(true);
        }
        let mut ec2 = aws_sdk_ec2::config::Builder::from(&shared).interceptor(skew.clone());
        let mut sts = aws_sdk_sts::config::Builder::from(&shared).interceptor(skew.clone());
        let mut cloudformation = aws_sdk_cloudformation::config::Builder::from(&shared).interceptor(skew.clone());
        let mut autoscaling = aws_sdk_autoscaling::config::Builder::from(&shared).interceptor(skew.clone());
        let mut servicequotas = aws_sdk_servicequotas::config::Builder::from(&shared).interceptor(skew.clone());
        if let Some(endpoint) = &endpoint {
            ec2 = ec2.endpoint_url(endpoint);
            sts = sts.endpoint_url(endpoint);
            cloudformation = cloudformation.endpoint_url(endpoint);
            autoscaling = autoscaling.endpoint_url(endpoint);
            servicequotas = servicequotas.endpoint_url(endpoint);
        }
        Self {
            ec2: aws_sdk_ec2::Client::from_conf(ec2.build()),
            sts: aws_sdk_sts::Client::from_conf(sts.build()),
            s3: aws_sdk_s3::Client::from_conf(s3.build()),
            cloudformation: aws_sdk_cloudformation::Client::from_conf(cloudformation.build()),
            autoscaling: aws_sdk_autoscaling::Client::from_conf(autoscaling.build()),
            servicequotas: aws_sdk_servicequotas::Client::from_conf(servicequotas.build()),
            storage,
            region,
            endpoint,
            profile,
            sdk,
        }
    }

    /// Returns clients with the same credentials and endpoint in another region.
    pub(super) fn in_region(&self, region: &str, skew: &ClockSkew) -> Self {
        let addresses = Endpoints { endpoint: self.endpoint.clone(), storage: self.storage.clone() };
        Self::new(self.sdk.clone(), region.to_owned(), addresses, self.profile.clone(), skew)
    }

    /// Returns the provider of credentials.
    pub(super) fn credentials(&self) -> Option<SharedCredentialsProvider> {
        self.sdk.credentials_provider()
    }
}

async fn read(meant: &ResolvedConfig, environment: &AwsEnvironment) -> Result<SdkConfig, CloudError> {
    let tls = match meant.tls() {
        Tls::Never if client::may_use_proxy() => Tls::Perhaps,
        tls => tls,
    };
    let http = client::http_client(trust(environment, tls)?);
    let mut loader = aws_config::defaults(BehaviorVersion::latest()).http_client(http.clone());
    let mut provider_config = ProviderConfig::default().with_http_client(http);
    if let Some(region) = &meant.region {
        loader = loader.region(Region::new(region.clone()));
        provider_config = provider_config.with_region(Some(Region::new(region.clone())));
    }
    if let Some(profile) = &meant.profile {
        loader = loader.profile_name(profile);
    }
    match credentials::provider(meant, environment, &provider_config)? {
        Some(provider) => {
            let provider = credentials::ask(Some(provider), meant).await?;
            Ok(loader.credentials_provider(provider).load().await)
        }
        None => {
            debug_assert!(meant.credentials == CredentialsSource::Chain);
            let sdk = loader.load().await;
            let provider = credentials::ask(sdk.credentials_provider(), meant).await?;
            Ok(sdk.into_builder().credentials_provider(provider).build())
        }
    }
}

fn check_region(name: &str, meant: &ResolvedConfig) -> Result<(), CloudError> {
    // EC2-like clouds name their regions freely.
    if meant.endpoint.is_some() {
        return Ok(());
    }
    region::check(name).map_err(|reason| {
        refused(format!("{name} is not the name of a region"))
            .hint(format!("{reason}; it comes from --region, the plan or the fleet file, AWS_REGION or the profile"))
    })
}

fn refused(message: String) -> CloudError {
    CloudError::new(CloudErrorKind::Rejected, message)
}
