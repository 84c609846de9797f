//! The HTTP client and settings shared by the clients of all services.

use std::time::Duration;

use aws_sdk_ec2::config::timeout::TimeoutConfig;
use aws_sdk_ec2::config::{SharedAsyncSleep, SharedHttpClient};
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};
use aws_smithy_runtime_api::client::http::HttpConnectorSettings;

/// Time-out of connecting. Every region of AWS answers within a second from anywhere, so an endpoint that takes ten is
/// unreachable.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// Time-out of an attempt. Launching a thousand instances, or a fleet, which answers once it has launched, takes up to
/// a minute.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(120);

/// How long an idle connection is kept: as long as the pauses between two polls of starting instances, to save a TLS
/// handshake for each poll.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// Creates a client that trusts the certificates of `trust`, and honours `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
pub(super) fn http_client(trust: TlsContext) -> SharedHttpClient {
    Builder::new().pool_idle_timeout(IDLE_TIMEOUT).build_with_connector_fn(move |settings, components| {
        connector(trust.clone(), settings, components.and_then(|components| components.sleep_impl()))
    })
}

/// Tells whether calls by plain HTTP may go to a proxy, which may itself be reached by TLS.
pub(super) fn may_use_proxy() -> bool {
    ["HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"].iter().any(|name| std::env::var_os(name).is_some())
}

/// Creates the connector of such a client.
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

/// Returns the time-outs of every call.
pub(super) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(ATTEMPT_TIMEOUT).build()
}
