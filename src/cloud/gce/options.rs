//! Time limits and polling intervals of a Compute Engine cloud.

use std::time::Duration;

use crate::retry::{Limit, Pauses, Poller};

/// Time limits and polling intervals for Compute Engine; tests shorten them.
#[derive(Clone, Copy, Debug)]
pub struct GceTiming {
    /// How long a new instance may be missing from lists.
    pub consistency_window: Duration,
    /// First pause between two polls of starting instances.
    pub poll_first: Duration,
    /// Longest such pause: listing a thousand instances is two calls.
    pub poll_longest: Duration,
    /// First pause before a list or an operation is asked for again.
    pub pause_first: Duration,
    /// Longest such pause.
    pub pause_longest: Duration,
    /// How long after its first attempt a failing call is still retried.
    pub call_patience: Duration,
    /// How long an operation that launches may take: most take under a minute.
    pub operation_patience: Duration,
}

impl GceTiming {
    /// Returns a poller that waits for new instances to appear in lists: [`Poller::pause`] returns false when an
    /// absence is to be believed.
    pub(super) fn until_visible(&self) -> Poller {
        Poller::new(Pauses::growing(self.pause_first, self.pause_longest), Limit::Time(self.consistency_window))
    }

    /// Returns a poller that waits for an operation to end.
    pub(super) fn until_done(&self) -> Poller {
        Poller::new(Pauses::growing(self.pause_first, self.pause_longest), Limit::Time(self.operation_patience))
    }
}

impl Default for GceTiming {
    fn default() -> Self {
        Self {
            consistency_window: Duration::from_secs(60),
            poll_first: Duration::from_secs(3),
            poll_longest: Duration::from_secs(15),
            pause_first: Duration::from_millis(500),
            pause_longest: Duration::from_secs(8),
            call_patience: Duration::from_secs(60),
            operation_patience: Duration::from_secs(600),
        }
    }
}
