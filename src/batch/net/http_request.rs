use std::borrow::Cow;

use hyper::Method;
use secrecy::SecretString;

/// A request to an HTTP server.
pub(in crate::batch) struct HttpRequest<'a> {
    pub(in crate::batch) method: Method,
    /// Path and query.
    pub(in crate::batch) target: Cow<'a, str>,
    /// The value of the header `Authorization`.
    pub(in crate::batch) authorization: Option<&'a SecretString>,
    /// Further headers.
    pub(in crate::batch) headers: Vec<(String, String)>,
    pub(in crate::batch) body: Vec<u8>,
}

impl<'a> HttpRequest<'a> {
    /// Makes a request that reads.
    pub(in crate::batch) fn get(target: impl Into<Cow<'a, str>>, authorization: Option<&'a SecretString>) -> Self {
        Self { method: Method::GET, target: target.into(), authorization, headers: Vec::new(), body: Vec::new() }
    }

    /// Makes a request that sends JSON.
    pub(in crate::batch) fn post(
        target: impl Into<Cow<'a, str>>,
        authorization: Option<&'a SecretString>,
        body: Vec<u8>,
    ) -> Self {
        let headers = vec![("content-type".to_owned(), "application/json".to_owned())];
        Self { method: Method::POST, target: target.into(), authorization, headers, body }
    }
}
