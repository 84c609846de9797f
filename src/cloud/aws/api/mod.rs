//! Shared parts of all AWS services: credentials, region and endpoint, one limiter for all calls, and errors for
//! people.
//!
//! Nothing is read or requested before the first call. The SDK's own retries are off: whether a call may be repeated
//! depends on its token, which only the caller knows, and waiting belongs in the limiter that all calls share.

mod api_caller;
mod ca_bundle;
mod call;
mod call_error;
mod call_timing;
mod client;
mod client_factory;
mod clock_skew;
mod config;
mod credentials;
mod endpoint;
mod error;
mod error_chain;
mod error_class;
mod error_class_of;
mod error_context;
mod http_get;
mod identity;
mod profile_files;
mod rate_limiter;
mod rate_limits;
mod region;
mod session;
mod tls;
mod token_bucket;

pub use call_timing::CallTiming;
pub use config::{AwsConfig, AwsEnvironment};
pub use identity::CallerIdentity;
pub use rate_limiter::Limiter;
pub use rate_limits::{ApiClass, BucketName, Limits};
pub use session::AwsSession;
pub use token_bucket::RefillRate;

pub(super) use call::Call;
pub(super) use call_error::{CallError, CallFailure};
pub(super) use error_class::NOT_ALLOWED;
pub(super) use error_class_of::ErrorClass;
pub(super) use error_context::ErrorContext;
