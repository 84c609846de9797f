//! The engine's clock: the wall clock, or virtual time when tokio's clock is paused.

use jiff::{SignedDuration, Timestamp};
use tokio::time::Instant;

/// A clock that advances with tokio's, so that a simulated hour is an hour in the journal.
#[derive(Clone, Copy, Debug)]
pub struct Clock {
    wall: Timestamp,
    origin: Instant,
    follows_wall: bool,
}

impl Clock {
    /// Starts a clock that agrees with the wall clock now. Needs a tokio runtime.
    pub fn start() -> Self {
        Self { wall: Timestamp::now(), origin: Instant::now(), follows_wall: false }
    }

    /// Starts the wall clock itself, for processes that run for weeks: it is right after the machine slept or its time was
    /// set, which [`Clock::start`] would not notice. It never follows virtual time.
    pub fn wall() -> Self {
        Self { follows_wall: true, ..Self::start() }
    }

    /// Returns the current time.
    pub fn now(&self) -> Timestamp {
        if self.follows_wall {
            return Timestamp::now();
        }
        let elapsed = SignedDuration::try_from(self.origin.elapsed()).unwrap_or(SignedDuration::MAX);
        self.wall.saturating_add(elapsed).unwrap_or(Timestamp::MAX)
    }
}
