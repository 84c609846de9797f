//! Fetches texts from addresses outside the APIs, with the same trust and proxies as calls.

use std::time::Duration;

use aws_sdk_ec2::config::http::HttpRequest;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use tokio::time::timeout;

use super::ca_bundle::trust;
use super::client;
use super::config::AwsEnvironment;
use super::error_chain::chain;
use super::tls::Tls;

/// Time-out of an answer of a few bytes, including the connection.
const PATIENCE: Duration = Duration::from_secs(15);

/// Why a fetch failed.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(in crate::cloud) enum FetchError {
    /// No answer in time.
    #[error("no answer within {} s", PATIENCE.as_secs())]
    Slow,
    /// No usable certificates, address or connection; with the reason, for people.
    #[error("{0}")]
    Unreachable(String),
    /// An HTTP status other than success.
    #[error("it answers with HTTP status {0}")]
    Status(u16),
    /// The answer is longer than this limit in bytes.
    #[error("it answers with more than {0} bytes")]
    TooLong(usize),
    /// The answer is not UTF-8.
    #[error("it answers with something that is no text")]
    NoText,
}

/// Fetches the text at an address, of at most `longest` bytes.
///
/// # Errors
/// The reason for the failure.
pub(super) async fn fetch(environment: &AwsEnvironment, url: &str, longest: usize) -> Result<String, FetchError> {
    timeout(PATIENCE, get(environment, url, longest)).await.unwrap_or(Err(FetchError::Slow))
}

async fn get(environment: &AwsEnvironment, url: &str, longest: usize) -> Result<String, FetchError> {
    let tls = if url.starts_with("https://") { Tls::Always } else { Tls::Perhaps };
    let trust = trust(environment, tls);
    let trust = trust.map_err(|error| FetchError::Unreachable(error.message))?;
    let request = HttpRequest::get(url).map_err(|error| FetchError::Unreachable(chain(&error)))?;
    let answer = client::connector(trust, None, None).call(request).await;
    let answer = answer.map_err(|error| FetchError::Unreachable(chain(&error)))?;
    let status = answer.status();
    if !status.is_success() {
        return Err(FetchError::Status(status.as_u16()));
    }
    let mut body: ByteStream = ByteStream::new(answer.into_body());
    let mut text = Vec::new();
    while let Some(part) = body.next().await {
        text.extend_from_slice(&part.map_err(|error| FetchError::Unreachable(chain(&error)))?);
        if text.len() > longest {
            return Err(FetchError::TooLong(longest));
        }
    }
    String::from_utf8(text).map_err(|_| FetchError::NoText)
}
