//! Waiting for what must come about.

use std::time::{Duration, Instant};

/// What must come about comes about within this, on the slowest machine; nothing waits for it to pass.
pub const PATIENCE: Duration = Duration::from_secs(120);

/// The longest that a whole test against moto may take, which serves many others at the same time: it tells a test that
/// hangs from one that waits.
pub const LONGEST_TEST: Duration = Duration::from_secs(900);

/// Waits for something that must come about, looking again and again.
#[track_caller]
pub fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    let give_up = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look() {
            return found;
        }
        assert!(Instant::now() < give_up, "it did not come about that {what}");
        std::thread::sleep(Duration::from_millis(5));
    }
}
