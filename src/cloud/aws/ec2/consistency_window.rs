//! Growing pauses while something is not visible yet.

use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::options::Ec2Timing;

/// Pauses that double, until the visibility grace has passed.
pub(super) struct ConsistencyWindow {
    next: Duration,
    longest: Duration,
    ends: Instant,
}

impl ConsistencyWindow {
    pub(super) fn new(timing: &Ec2Timing) -> Self {
        Self {
            next: timing.pause_first,
            longest: timing.pause_longest,
            ends: Instant::now() + timing.consistency_window,
        }
    }

    /// Waits for the next look; false when it is time to believe what is seen.
    pub(super) async fn pause(&mut self) -> bool {
        let left = self.ends.saturating_duration_since(Instant::now());
        if left.is_zero() {
            return false;
        }
        sleep(self.next.min(left)).await;
        self.next = (self.next * 2).min(self.longest);
        true
    }
}
