use super::super::work_source::SourceError;
use super::address::Address;
use super::connection::connect;
use super::http_answer::HttpAnswer;
use super::http_request::HttpRequest;
use super::http_session::HttpSession;
use super::net_error::NetError;
use super::time_limits::TimeLimits;
use super::trust::Trust;

/// Makes requests to one HTTP server. It follows no redirects and uses no proxy.
#[derive(Clone, Debug)]
pub(in crate::batch) struct HttpClient {
    server: Address,
    trust: Trust,
    limits: TimeLimits,
}

impl HttpClient {
    pub(in crate::batch) fn new(server: Address, trust: Trust, limits: TimeLimits) -> Self {
        Self { server, trust, limits }
    }

    /// Returns the server's address.
    pub(in crate::batch) fn server(&self) -> &Address {
        &self.server
    }

    /// Connects for several requests.
    pub(in crate::batch) async fn session(&self) -> Result<HttpSession, NetError> {
        let stream = connect(&self.server, &self.trust, self.limits.connect).await?;
        HttpSession::begin(stream, &self.server, self.limits.answer).await
    }

    /// Makes one request over a connection of its own.
    pub(in crate::batch) async fn send(&self, request: &HttpRequest<'_>) -> Result<HttpAnswer, NetError> {
        self.session().await?.send(request).await
    }

    /// Returns the error for people: `label` cannot be read, since the server could not be spoken to.
    pub(in crate::batch) fn failure(&self, label: &str, error: &NetError) -> SourceError {
        SourceError {
            message: format!("cannot read {label} at {}: {error}", self.server),
            hint: error.hint().map(str::to_owned),
        }
    }
}
