//! Connections to servers of queues: addresses, TLS, HTTP, and errors in plain words.

mod address;
mod connection;
mod http_answer;
mod http_client;
mod http_request;
mod http_session;
mod login;
mod net_error;
mod percent;
mod time_limits;
mod trust;

pub(crate) use address::Address;
pub(super) use connection::{Stream, connect};
#[cfg(feature = "aws")]
pub(super) use http_answer::HttpAnswer;
pub(super) use http_answer::json;
pub(super) use http_client::HttpClient;
pub(super) use http_request::HttpRequest;
pub(super) use http_session::HttpSession;
pub(super) use login::Login;
pub(super) use net_error::NetError;
pub(super) use percent::{decoded, encoded};
pub use time_limits::TimeLimits;
pub use trust::{Trust, TrustError};
