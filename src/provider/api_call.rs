//! What is told of each call, for `-vv` and for counting.

use std::sync::Arc;
use std::time::Duration;

/// One call that was made: what it was and what became of it, and nothing of what it said.
#[derive(Clone, Debug)]
pub struct ApiCall {
    /// `ec2`, `sts` or `s3`.
    pub service: &'static str,
    /// `RunInstances`, …
    pub operation: &'static str,
    /// 1, or more when it was made again.
    pub attempt: u32,
    /// `ok`, AWS's error code, or what happened on the way.
    pub outcome: String,
    /// From the call to its answer, without the wait before it.
    pub took: Duration,
    /// How long it waited for the request limits.
    pub waited: Duration,
    /// AWS's name for the request, for its support.
    pub request_id: Option<String>,
}

/// Is told of each call.
pub type CallObserver = Arc<dyn Fn(&ApiCall) + Send + Sync>;
