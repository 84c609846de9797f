//! Records of API calls, for `-vv` and for counting.

use std::sync::Arc;
use std::time::Duration;

/// An API call and its outcome, without its content.
#[derive(Clone, Debug)]
pub struct ApiCall {
    /// `ec2`, `sts` or `s3`.
    pub service: &'static str,
    /// `RunInstances`, …
    pub operation: &'static str,
    /// 1, or more for a retry.
    pub attempt: u32,
    /// `ok`, AWS's error code, or the transport error.
    pub outcome: String,
    /// From the request to its response, without the wait before it.
    pub took: Duration,
    /// How long it was delayed by hoist's rate limits.
    pub waited: Duration,
    /// AWS's request id, for its support.
    pub request_id: Option<String>,
}

/// An observer of API calls.
pub type CallObserver = Arc<dyn Fn(&ApiCall) + Send + Sync>;
