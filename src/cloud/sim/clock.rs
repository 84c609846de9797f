//! The simulated cloud's clock: tokio's, made safe to carry from one runtime to the next.

use std::time::Duration;

use tokio::time::Instant;

/// Time since the cloud began, on tokio's clock and so virtual wherever that is paused.
///
/// A paused runtime's clock begins at the real time, which is before where an earlier runtime's virtual clock had got
/// to. Such a step back counts as no time at all (and what passed since the last look at the earlier clock is lost), so
/// that a cloud outlives the runtime of the engine that crashed.
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
