//! The HTTP client and the settings that every client of a service shares.

use std::time::Duration;

use aws_sdk_ec2::config::timeout::TimeoutConfig;
use aws_sdk_ec2::config::{SharedAsyncSleep, SharedHttpClient};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::HttpConnectorSettings;

/// How long a connection may take: every region of AWS answers within a second from anywhere, so whoever does not
/// within ten is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an attempt may take. A launch of a thousand instances, and a fleet, which answers once it has launched,
/// take up to a minute.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(120);

/// How long an idle connection is kept: as long as the pauses between two looks at machines coming up, or every look
/// would cost a handshake.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// A client that trusts whom `trust` says, and honours `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
pub(super) fn http_client(trust: TlsContext) -> SharedHttpClient {
    Builder::new().pool_idle_timeout(IDLE_TIMEOUT).build_with_connector_fn(move |settings, components| {
        connector(trust.clone(), settings, components.and_then(|components| components.sleep_impl()))
    })
}

/// What makes the connections of such a client.
pub(super) fn connector(
    trust: TlsContext,
    settings: Option<&HttpConnectorSettings>,
    sleep: Option<SharedAsyncSleep>,
) -> Connector {
    let mut builder = Connector::builder()
        .tls_provider(Provider::Rustls(CryptoMode::Ring))
        .tls_context(trust)
        .pool_idle_timeout(IDLE_TIMEOUT)
        .proxy_config(ProxyConfig::from_env());
    builder.set_connector_settings(settings.cloned());
    builder.set_sleep_impl(sleep);
    builder.build()
}

/// The time-outs of every call.
pub(super) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(ATTEMPT_TIMEOUT).build()
}
