use std::time::Duration;

use http_body_util::{BodyExt as _, Full, LengthLimitError, Limited};
use hyper::body::Bytes;
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{ACCEPT, AUTHORIZATION, HOST, HeaderValue, LOCATION, USER_AGENT};
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use secrecy::ExposeSecret as _;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use super::address::Address;
use super::connection::Stream;
use super::http_answer::HttpAnswer;
use super::http_request::HttpRequest;
use super::net_error::NetError;

/// The largest answer in bytes: the list of some 100,000 jobs of a render farm, or a million numbers.
const LARGEST: usize = 64 << 20;

/// A connection over which requests are made one after another.
pub(in crate::batch) struct HttpSession {
    sender: SendRequest<Full<Bytes>>,
    driver: JoinHandle<()>,
    limit: Duration,
    host: String,
}

impl HttpSession {
    /// Begins a session on a connection.
    pub(super) async fn begin(stream: Box<dyn Stream>, server: &Address, limit: Duration) -> Result<Self, NetError> {
        let (sender, connection) = handshake(TokioIo::new(stream)).await.map_err(|error| NetError::of_http(&error))?;
        // Its errors are those of the requests.
        let driver = tokio::spawn(async move { drop(connection.await) });
        Ok(Self { sender, driver, limit, host: server.authority() })
    }

    /// Makes a request and reads the whole answer.
    pub(in crate::batch) async fn send(&mut self, request: &HttpRequest<'_>) -> Result<HttpAnswer, NetError> {
        let limit = self.limit;
        timeout(limit, self.exchange(request)).await.unwrap_or(Err(NetError::AnswerTimeout(limit)))
    }

    async fn exchange(&mut self, request: &HttpRequest<'_>) -> Result<HttpAnswer, NetError> {
        let request = self.message(request)?;
        self.sender.ready().await.map_err(|error| NetError::of_http(&error))?;
        let answer = self.sender.send_request(request).await.map_err(|error| NetError::of_http(&error))?;
        let status = answer.status().as_u16();
        let location = answer.headers().get(LOCATION).and_then(|to| to.to_str().ok()).map(str::to_owned);
        Ok(HttpAnswer { status, location, body: body(answer).await? })
    }

    fn message(&self, request: &HttpRequest<'_>) -> Result<Request<Full<Bytes>>, NetError> {
        let mut builder = Request::builder()
            .method(request.method.clone())
            .uri(request.target.as_ref())
            .header(HOST, &self.host)
            .header(USER_AGENT, concat!("hoist/", env!("CARGO_PKG_VERSION")))
            .header(ACCEPT, "application/json, text/plain;q=0.9, */*;q=0.1");
        if let Some(authorization) = request.authorization {
            let value = HeaderValue::from_str(authorization.expose_secret());
            let mut value = value.map_err(|_| NetError::Broken("the login cannot be sent in HTTP".to_owned()))?;
            value.set_sensitive(true);
            builder = builder.header(AUTHORIZATION, value);
        }
        for (name, value) in &request.headers {
            builder = builder.header(name.as_str(), value.as_str());
        }
        let message = builder.body(Full::new(Bytes::from(request.body.clone())));
        message.map_err(|error| NetError::Broken(format!("the request cannot be made: {error}")))
    }
}

impl Drop for HttpSession {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

async fn body(answer: Response<hyper::body::Incoming>) -> Result<Vec<u8>, NetError> {
    let collected = Limited::new(answer.into_body(), LARGEST).collect().await;
    let collected = collected.map_err(|error| {
        if error.is::<LengthLimitError>() {
            return NetError::TooLarge(LARGEST);
        }
        error.downcast_ref::<hyper::Error>().map_or(NetError::Cut, |error| match NetError::of_http(error) {
            NetError::Broken(_) => NetError::Cut,
            other => other,
        })
    })?;
    Ok(collected.to_bytes().into())
}
