/// An answer over HTTP.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Page {
    /// Status code with its phrase: `200 OK`.
    pub status: &'static str,
    /// Content type.
    pub content_type: &'static str,
    /// Content.
    pub body: String,
}

impl Page {
    /// Returns a page of plain text.
    pub fn text(status: &'static str, body: impl Into<String>) -> Self {
        Self { status, content_type: "text/plain; charset=utf-8", body: body.into() }
    }

    /// Returns the answer as it is sent, without its body if the request was `HEAD`.
    pub(super) fn to_http(&self, without_body: bool) -> String {
        let Self { status, content_type, body } = self;
        let length = body.len();
        let body = if without_body { "" } else { body };
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {length}\r\nCache-Control: no-store\r\n\
             X-Content-Type-Options: nosniff\r\nConnection: close\r\n\r\n{body}"
        )
    }
}
