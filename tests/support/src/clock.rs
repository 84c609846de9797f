//! The time in the cloud, which may go faster than that of the test.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// Counts a cloud's time from its start.
#[derive(Debug)]
pub(crate) struct Clock {
    state: Mutex<State>,
}

#[derive(Debug)]
struct State {
    /// The cloud's time at the last change of speed, and when that was.
    base: (Duration, Instant),
    speed: f64,
}

impl Clock {
    pub(crate) fn new(speed: f64) -> Self {
        Self { state: Mutex::new(State { base: (Duration::ZERO, Instant::now()), speed }) }
    }

    /// Time in the cloud since its start.
    pub(crate) fn now(&self) -> Duration {
        let state = self.state.lock().unwrap();
        state.base.0 + state.base.1.elapsed().mul_f64(state.speed)
    }

    /// Lets time pass at once.
    pub(crate) fn advance(&self, by: Duration) {
        self.state.lock().unwrap().base.0 += by;
    }

    pub(crate) fn set_speed(&self, speed: f64) {
        let now = self.now();
        *self.state.lock().unwrap() = State { base: (now, Instant::now()), speed };
    }
}
