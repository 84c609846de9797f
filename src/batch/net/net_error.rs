use std::error::Error;
use std::io;
use std::time::Duration;

use super::trust::TrustError;

/// Why a server could not be spoken to.
#[derive(Debug, thiserror::Error)]
pub(in crate::batch) enum NetError {
    /// The host's name is not known.
    #[error("the name {0} is not known")]
    UnknownHost(String),
    /// Nobody listens.
    #[error("nobody listens at port {0} (connection refused)")]
    Refused(u16),
    /// Another failure of connecting.
    #[error("no connection: {0}")]
    Unconnected(io::Error),
    /// No connection in time.
    #[error("no connection within {} s", .0.as_secs_f64())]
    ConnectTimeout(Duration),
    /// No answer in time.
    #[error("no complete answer within {} s", .0.as_secs_f64())]
    AnswerTimeout(Duration),
    /// The server did not prove what it is.
    #[error("its certificate is not accepted: {0}")]
    Certificate(String),
    /// No certificates to verify it with.
    #[error("{0}")]
    Trust(#[from] TrustError),
    /// TLS failed.
    #[error("no TLS connection: {0}")]
    Tls(String),
    /// The connection ended too early.
    #[error("it closed the connection before its answer was complete")]
    Cut,
    /// The answer is of another protocol.
    #[error("it answers with something that is no {0}")]
    Protocol(&'static str),
    /// The answer is too large.
    #[error("its answer has more than {0} bytes")]
    TooLarge(usize),
    /// Another failure.
    #[error("{0}")]
    Broken(String),
}

impl NetError {
    /// Returns what a failure of TLS means; rustls hides its reason in an I/O error.
    pub(super) fn of_tls(error: &io::Error) -> Self {
        match error.get_ref().and_then(|inner| inner.downcast_ref::<rustls::Error>()) {
            Some(rustls::Error::InvalidCertificate(reason)) => Self::Certificate(reason.to_string()),
            Some(rustls::Error::InvalidMessage(_)) => Self::Tls("it does not speak TLS at this port".to_owned()),
            _ if error.kind() == io::ErrorKind::UnexpectedEof => Self::Tls("it closed the connection".to_owned()),
            _ => Self::Tls(error.to_string()),
        }
    }

    /// Returns what a failure while reading or writing means.
    pub(in crate::batch) fn of_io(error: &io::Error) -> Self {
        match error.kind() {
            io::ErrorKind::UnexpectedEof
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionAborted
            | io::ErrorKind::BrokenPipe => Self::Cut,
            _ => Self::Broken(error.to_string()),
        }
    }

    /// Returns what a failure of HTTP means.
    pub(super) fn of_http(error: &hyper::Error) -> Self {
        if error.is_parse() {
            return Self::Protocol("HTTP");
        }
        if error.is_incomplete_message() || error.is_closed() || error.is_canceled() {
            return Self::Cut;
        }
        let inner = error.source().and_then(|inner| inner.downcast_ref::<io::Error>());
        inner.map_or_else(|| Self::Broken(error.to_string()), Self::of_io)
    }

    /// Returns what to try.
    pub(in crate::batch) fn hint(&self) -> Option<&'static str> {
        match self {
            Self::UnknownHost(_) => Some("check the host in \"url\", and this machine's name servers"),
            Self::Refused(_) => Some("check that the server runs, and the port in \"url\""),
            Self::Unconnected(_) | Self::ConnectTimeout(_) => {
                Some("check the host in \"url\", and firewalls on the way")
            }
            Self::Certificate(_) => Some(
                "use the name that its certificate is for, and install its authority's certificate on this machine",
            ),
            Self::Trust(TrustError::None) => {
                Some("install them (Debian: apt install ca-certificates), or let SSL_CERT_FILE name a file")
            }
            Self::Tls(_) | Self::Protocol(_) => Some("check the scheme and the port in \"url\""),
            _ => None,
        }
    }
}
