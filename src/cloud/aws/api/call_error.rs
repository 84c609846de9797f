//! Failures of calls, without the SDK's types.

use std::error::Error;

use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_ec2::error::{ProvideErrorMetadata, SdkError};
use aws_sdk_ec2::operation::RequestId;

use super::credentials;
use super::error_chain::chain;
use super::error_class_of::{ErrorClass, class_of};

/// A failed call.
#[derive(Clone, Debug)]
pub(in crate::cloud) struct CallError {
    pub(in crate::cloud) service: &'static str,
    /// `RunInstances`, …
    pub(in crate::cloud) operation: &'static str,
    pub(in crate::cloud) fault: CallFailure,
    /// AWS's id of the request.
    pub(in crate::cloud) request_id: Option<String>,
    /// Whether this or an earlier attempt may have taken effect.
    pub(in crate::cloud) in_doubt: bool,
    pub(in crate::cloud) attempts: u32,
}

/// Cause of a failed call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::cloud) enum CallFailure {
    /// The service answered with an error code.
    Refused { code: String, message: String, status: u16 },
    /// An HTTP status without an error code, from the service or from something in front of it.
    Status(u16),
    /// The answer cannot be parsed.
    Garbled(String),
    /// No answer in time.
    TimedOut,
    /// The connection broke, perhaps after the request was sent.
    Broken(String),
    /// No connection; the service did not get the request.
    Unconnected(ConnectFailure, String),
    /// The credentials could not be obtained.
    Credentials(String),
    /// The request could not be built.
    Unmade(String),
}

/// Why there was no connection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::cloud) enum ConnectFailure {
    /// The host's name has no address.
    Name,
    /// Nothing listens at the address.
    Refused,
    /// The address does not respond.
    Silent,
    /// The peer has the wrong identity, or does not speak TLS.
    Tls,
    /// Another cause.
    Other,
}

impl CallFailure {
    /// Converts an SDK error.
    pub(super) fn of<E>(error: &SdkError<E>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        match error {
            SdkError::ServiceError(context) => {
                let status = context.raw().status().as_u16();
                let meta = context.err().meta();
                match meta.code() {
                    Some(code) => Self::Refused {
                        code: code.to_owned(),
                        message: meta.message().unwrap_or_default().to_owned(),
                        status,
                    },
                    None => Self::Status(status),
                }
            }
            SdkError::ResponseError(context) => {
                let status = context.raw().status();
                match status.is_success() {
                    true => Self::Garbled(chain(error)),
                    false => Self::Status(status.as_u16()),
                }
            }
            SdkError::TimeoutError(_) => Self::TimedOut,
            SdkError::DispatchFailure(failure) => match credentials_error(error) {
                Some(text) => Self::Credentials(text),
                None => Self::on_the_way(&chain(error), failure.is_timeout()),
            },
            _ => match credentials_error(error) {
                Some(text) => Self::Credentials(text),
                None => Self::Unmade(chain(error)),
            },
        }
    }

    /// Classifies a failed dispatch by its text: connectors give no other detail.
    fn on_the_way(text: &str, timed_out: bool) -> Self {
        let has = |words: &[&str]| words.iter().any(|word| text.contains(word));
        let kind = if has(&["dns error", "failed to lookup address", "Name or service not known"]) {
            ConnectFailure::Name
        } else if has(&["certificate", "TLS", "tls", "InvalidContentType", "corrupt message", "HandshakeFailure"]) {
            ConnectFailure::Tls
        } else if has(&["Connection refused"]) {
            ConnectFailure::Refused
        } else if has(&["HTTP connect timeout", "Network is unreachable", "No route to host"]) {
            ConnectFailure::Silent
        } else if timed_out {
            return Self::TimedOut;
        } else if has(&["tcp connect error", "tunnel", "proxy"]) {
            ConnectFailure::Other
        } else {
            return Self::Broken(text.to_owned());
        };
        Self::Unconnected(kind, text.to_owned())
    }

    /// Returns AWS's error code, where the service gave one.
    pub(in crate::cloud) fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { code, .. } => Some(code),
            _ => None,
        }
    }

    /// Returns AWS's message; empty where the service gave none.
    pub(in crate::cloud) fn message(&self) -> &str {
        match self {
            Self::Refused { message, .. } => message,
            _ => "",
        }
    }

    /// Returns a short name for logs.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Refused { code, .. } => code.clone(),
            Self::Status(status) => format!("HTTP {status}"),
            Self::Garbled(_) => "garbled answer".to_owned(),
            Self::TimedOut => "timeout".to_owned(),
            Self::Broken(_) => "connection broken".to_owned(),
            Self::Unconnected(..) => "no connection".to_owned(),
            Self::Credentials(_) => "no credentials".to_owned(),
            Self::Unmade(_) => "not sent".to_owned(),
        }
    }
}

impl CallError {
    /// Creates an error that the answer of a successful call reports about part of the call.
    pub(in crate::cloud) fn told(operation: &'static str, code: &str, message: &str) -> Self {
        let fault = CallFailure::Refused { code: code.to_owned(), message: message.to_owned(), status: 200 };
        Self { service: "ec2", operation, fault, request_id: None, in_doubt: false, attempts: 1 }
    }

    /// Returns the class of the error; [`ErrorClass::Unknown`] for a failure without a code.
    pub(in crate::cloud) fn class(&self) -> ErrorClass {
        self.code().map_or(ErrorClass::Unknown, class_of)
    }

    /// Returns AWS's error code, where the service gave one.
    pub(in crate::cloud) fn code(&self) -> Option<&str> {
        self.fault.code()
    }
}

/// Returns AWS's id of a failed request.
pub(super) fn request_id_of<E>(error: &SdkError<E>) -> Option<String>
where
    SdkError<E>: RequestId,
{
    error.request_id().map(str::to_owned)
}

fn credentials_error(error: &(dyn Error + 'static)) -> Option<String> {
    let mut next = Some(error);
    while let Some(error) = next {
        if let Some(error) = error.downcast_ref::<CredentialsError>() {
            return Some(credentials::explain(error));
        }
        next = error.source();
    }
    None
}
