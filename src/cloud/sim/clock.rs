//! The simulated cloud's clock: tokio's, usable across runtimes.

use std::time::Duration;

use tokio::time::Instant;

/// The time since the cloud's start, on tokio's clock, and so virtual wherever that is paused.
///
/// A paused runtime's clock begins at the real time, which is before the virtual time that an earlier runtime reached.
/// Such a step back counts as no elapsed time (and the time since the last reading of the earlier clock is lost), so
/// that a cloud outlives the runtime of a crashed engine.
#[derive(Debug)]
pub(super) struct VirtualClock {
    elapsed: Duration,
    seen: Instant,
}

impl VirtualClock {
    pub(super) fn start() -> Self {
        Self { elapsed: Duration::ZERO, seen: Instant::now() }
    }

    pub(super) fn now(&mut self) -> Duration {
        let seen = Instant::now();
        self.elapsed += seen.saturating_duration_since(self.seen);
        self.seen = seen;
        self.elapsed
    }
}
