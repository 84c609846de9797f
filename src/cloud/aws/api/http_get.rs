//! Fetches what is no API: with the same trust and through the same proxies as calls.

use std::time::Duration;

use aws_sdk_ec2::config::http::HttpRequest;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::http::HttpConnector as _;
use tokio::time::timeout;

use super::ca_bundle::trust;
use super::client;
use super::error_chain::chain;
use super::session::AwsSession;

/// How long an answer of a few bytes may take, connection and all.
const PATIENCE: Duration = Duration::from_secs(15);

impl AwsSession {
    /// What is at this address: text of at most `longest` bytes.
    ///
    /// # Errors
    /// Says why there is no such text.
    pub(in crate::cloud) async fn fetch(&self, url: &str, longest: usize) -> Result<String, String> {
        let answer = timeout(PATIENCE, self.get(url, longest)).await;
        answer.unwrap_or_else(|_| Err(format!("no answer within {} s", PATIENCE.as_secs())))
    }

    async fn get(&self, url: &str, longest: usize) -> Result<String, String> {
        let trust = trust(self.variables(), url.starts_with("https://")).map_err(|error| error.message)?;
        let request = HttpRequest::get(url).map_err(|error| chain(&error))?;
        let answer = client::connector(trust, None, None).call(request).await.map_err(|error| chain(&error))?;
        let status = answer.status();
        if !status.is_success() {
            return Err(format!("it answers with HTTP status {}", status.as_u16()));
        }
        let mut body: ByteStream = ByteStream::new(answer.into_body());
        let mut text = Vec::new();
        while let Some(part) = body.next().await {
            text.extend_from_slice(&part.map_err(|error| chain(&error))?);
            if text.len() > longest {
                return Err(format!("it answers with more than {longest} bytes"));
            }
        }
        String::from_utf8(text).map_err(|_| "it answers with something that is no text".to_owned())
    }
}
