use std::fmt;

use hyper::Uri;

use super::super::work_source::SourceError;

/// The address of a server: `SCHEME://HOST[:PORT][/PATH][?QUERY]`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Address {
    /// The scheme, in lower case.
    pub(in crate::batch) scheme: String,
    /// Name or number of the host, without brackets.
    pub(crate) host: String,
    /// The port. None: the scheme's own.
    pub(in crate::batch) port: Option<u16>,
    /// The path, which begins with `/`.
    pub(in crate::batch) path: String,
    /// The query, without `?`.
    pub(in crate::batch) query: Option<String>,
}

/// Schemes with their ports, and whether they are secured by TLS.
const SCHEMES: [(&str, u16, bool); 6] = [
    ("http", 80, false),
    ("https", 443, true),
    ("amqp", 5672, false),
    ("amqps", 5671, true),
    ("redis", 6379, false),
    ("rediss", 6379, true),
];

impl Address {
    /// Parses an address.
    ///
    /// # Errors
    /// The text is none. It is not quoted, since it may hold a password.
    pub(crate) fn parse(text: &str) -> Result<Self, SourceError> {
        let refused = |problem: &str| SourceError {
            message: format!("\"url\" of the queue is no address that can be used: {problem}"),
            hint: Some("it looks like https://HOST:PORT/PATH".to_owned()),
        };
        let uri: Uri = text.parse().map_err(|_| refused("it cannot be read"))?;
        let scheme = uri.scheme_str().ok_or_else(|| refused("it has no scheme"))?.to_ascii_lowercase();
        if !SCHEMES.iter().any(|(known, ..)| *known == scheme) {
            return Err(refused("its scheme is not known"));
        }
        let authority = uri.authority().ok_or_else(|| refused("it has no host"))?;
        if authority.as_str().contains('@') {
            return Err(refused("it holds a user or a password, which do not belong there"));
        }
        let host = authority.host().trim_start_matches('[').trim_end_matches(']').to_owned();
        if host.is_empty() {
            return Err(refused("it has no host"));
        }
        let port = match authority.port_u16() {
            Some(0) => return Err(refused("its port is 0")),
            // What follows the host was no port.
            None if authority.as_str() != authority.host() => return Err(refused("its port is no number up to 65535")),
            port => port,
        };
        let path = if uri.path().is_empty() { "/" } else { uri.path() }.to_owned();
        Ok(Self { scheme, host, port, path, query: uri.query().map(str::to_owned) })
    }

    /// Whether connections are secured by TLS.
    pub(in crate::batch) fn is_secure(&self) -> bool {
        SCHEMES.iter().any(|(scheme, _, secure)| *scheme == self.scheme && *secure)
    }

    /// Returns the port.
    pub(crate) fn port(&self) -> u16 {
        let own = SCHEMES.iter().find(|(scheme, ..)| *scheme == self.scheme).map_or(0, |(_, port, _)| *port);
        self.port.unwrap_or(own)
    }

    /// Returns `HOST`, with brackets if it is a number of IPv6, and the port if it is not the scheme's own.
    pub(in crate::batch) fn authority(&self) -> String {
        let host = if self.host.contains(':') { format!("[{}]", self.host) } else { self.host.clone() };
        self.port.map_or_else(|| host.clone(), |port| format!("{host}:{port}"))
    }

    /// Returns path and query.
    pub(in crate::batch) fn target(&self) -> String {
        self.query.as_ref().map_or_else(|| self.path.clone(), |query| format!("{}?{query}", self.path))
    }
}

/// Formats as `SCHEME://HOST[:PORT]`, the part that names the server. Paths and queries may hold tokens.
impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.authority())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parts_of_an_address() {
        let address = Address::parse("https://mq.example:15671/prod?a=b").unwrap();
        assert_eq!((address.host.as_str(), address.port(), address.is_secure()), ("mq.example", 15671, true));
        assert_eq!(
            (address.target().as_str(), address.to_string().as_str()),
            ("/prod?a=b", "https://mq.example:15671")
        );
        let bare = Address::parse("redis://[::1]").unwrap();
        assert_eq!((bare.host.as_str(), bare.port(), bare.target().as_str()), ("::1", 6379, "/"));
        assert_eq!((bare.authority().as_str(), bare.is_secure()), ("[::1]", false));
    }

    #[test]
    fn what_is_no_address_is_refused_without_quoting_it() {
        for text in
            ["", "host", "http://", "ftp://a", "http://u:secret@a", "http://a:0", "http://a b", "http://a:99999"]
        {
            let error = Address::parse(text).expect_err(text).to_string();
            assert!(!error.contains("secret"), "{error}");
        }
    }
}
