//! How long, and how often, a call is made again.

use std::time::Duration;

/// How patient calls are. The engine repeats what fails here as transient, for 300 s when it launches and 600 s when it
/// removes, so this patience only has to bridge what passes within seconds.
#[derive(Clone, Copy, Debug)]
pub struct CallTiming {
    /// The longest first pause before a call is made again; it doubles each time.
    pub pause_first: Duration,
    /// The longest pause: by then the buckets of most calls have filled again.
    pub pause_longest: Duration,
    /// How long after its first attempt a failing call is made again.
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
