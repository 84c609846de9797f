//! How long, and at which intervals, a call is retried.

use std::time::Duration;

/// Retry timing of calls. The engine repeats transient failures for 300 s when it launches and 600 s when it removes,
/// so these retries only have to bridge outages of seconds.
#[derive(Clone, Copy, Debug)]
pub struct CallTiming {
    /// Upper bound of the first pause before a retry; it doubles each time.
    pub pause_first: Duration,
    /// Longest pause: by then the token buckets of most calls have refilled.
    pub pause_longest: Duration,
    /// How long after its first attempt a failing call is still retried.
    pub patience: Duration,
}

impl Default for CallTiming {
    fn default() -> Self {
        Self {
            pause_first: Duration::from_millis(400),
            pause_longest: Duration::from_secs(10),
            patience: Duration::from_secs(60),
        }
    }
}
