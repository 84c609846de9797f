//! The HTTP client and the settings that every client of a service shares.

use std::time::Duration;

use aws_sdk_ec2::config::SharedHttpClient;
use aws_sdk_ec2::config::timeout::TimeoutConfig;
use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::{Provider, TlsContext, rustls_provider::CryptoMode};
use aws_smithy_http_client::{Builder, Connector};

/// How long a connection may take: every region of AWS answers within a second from anywhere, so whoever does not within ten
/// is not there.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);

/// How long an attempt may take. A launch of a thousand instances, and a fleet, which answers once it has launched, take up
/// to a minute.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(120);

/// How long an idle connection is kept: as long as the pauses between two looks at machines coming up, or every look would
/// cost a handshake.
const IDLE_TIMEOUT: Duration = Duration::from_secs(60);

/// A client that trusts whom `trust` says, and honours `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY`.
pub(super) fn http_client(trust: TlsContext) -> SharedHttpClient {
    Builder::new().pool_idle_timeout(IDLE_TIMEOUT).build_with_connector_fn(move |settings, components| {
        let mut builder = Connector::builder()
            .tls_provider(Provider::Rustls(CryptoMode::Ring))
            .tls_context(trust.clone())
            .pool_idle_timeout(IDLE_TIMEOUT)
            .proxy_config(ProxyConfig::from_env());
        builder.set_connector_settings(settings.cloned());
        builder.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        builder.build()
    })
}

/// The time-outs of every call.
pub(super) fn timeouts() -> TimeoutConfig {
    TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).operation_attempt_timeout(ATTEMPT_TIMEOUT).build()
}
