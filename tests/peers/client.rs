//! EC2's SDK as the tests use it: no retries of its own, so that each call is seen as it ends.

use aws_sdk_ec2::Client;
use aws_sdk_ec2::config::retry::RetryConfig;
use aws_sdk_ec2::config::timeout::TimeoutConfig;
use aws_sdk_ec2::config::{BehaviorVersion, Credentials, Region};
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_smithy_http_client::{Builder, tls};

use crate::aws::{FaultProxy, REGION};

/// A client of a proxy.
pub(crate) fn client(proxy: &FaultProxy) -> Client {
    client_in(proxy, REGION)
}

pub(crate) fn client_in(proxy: &FaultProxy, region: &str) -> Client {
    let http = Builder::new().tls_provider(tls::Provider::Rustls(tls::rustls_provider::CryptoMode::Ring)).build_https();
    let config = aws_sdk_ec2::Config::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::new(region.to_owned()))
        .endpoint_url(proxy.endpoint())
        .credentials_provider(Credentials::new("AKIATEST", "secret", None, None, "test"))
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .http_client(http)
        .build();
    Client::from_conf(config)
}

/// How a call failed: by EC2's code, or that there was no answer.
pub(crate) fn code<E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(error: &SdkError<E, R>) -> String {
    match error {
        SdkError::ServiceError(error) => error.err().code().unwrap_or("no code").to_owned(),
        SdkError::DispatchFailure(_) => "no answer".to_owned(),
        SdkError::ResponseError(_) => "bad answer".to_owned(),
        other => panic!("neither an answer nor the lack of one: {other:?}"),
    }
}

/// Runs a test on a runtime of its own.
pub(crate) fn run(test: impl Future<Output = ()>) {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(test);
}
