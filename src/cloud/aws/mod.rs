//! What every service of AWS shares: credentials, region and endpoint, one limiter for all calls, and errors for people.
//!
//! Nothing is read or asked before the first call. The SDK's own retries are off: whether a call may be made again depends
//! on its token, which only the caller knows, and a wait belongs into the limiter that all calls share.

mod bucket;
mod call;
mod classify;
mod client;
mod clock_skew;
mod config;
mod credentials;
mod endpoint;
mod error;
mod error_class;
mod fetch;
mod identity;
mod jitter;
mod limiter;
mod limits;
mod load;
mod observe;
mod problem;
mod region;
mod session;
mod trust;

pub use bucket::Rate;
pub use call::CallTiming;
pub use config::{AwsConfig, Environment};
pub use identity::Identity;
pub use limiter::Limiter;
pub use limits::{BucketName, Group, Limits};
pub use observe::{ApiCall, CallObserver};
pub use session::Session;

pub(super) use call::Call;
pub(super) use classify::Class;
pub(super) use error_class::NOT_ALLOWED;
pub(super) use problem::{Fault, Problem};
