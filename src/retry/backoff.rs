//! Growing pauses between tries, with equal jitter.

use std::hash::{BuildHasher as _, RandomState};
use std::time::Duration;

/// Pauses that double from `first` to `longest`; half of each is fixed and half is random ("equal jitter", AWS
/// Architecture Blog, "Exponential Backoff And Jitter"), so that many clients do not come back together.
#[derive(Clone, Debug)]
pub struct Backoff {
    next: Duration,
    longest: Duration,
    seed: u64,
}

impl Backoff {
    /// Pauses from `first` to `longest` while `name` is waited for: others each time, also for the same name, in this
    /// process and in the next one.
    pub fn new(first: Duration, longest: Duration, name: &str) -> Self {
        // Every `RandomState` is seeded anew, which is all the randomness that a pause needs.
        Self { next: first, longest, seed: RandomState::new().hash_one(name) }
    }

    /// The next pause: between half of it and all of it, so that progress never stops for luck's sake.
    pub fn pause(&mut self) -> Duration {
        let full = self.next;
        self.next = (full * 2).min(self.longest);
        // Knuth's MMIX multiplier: enough to spread clients, and no dependency for it.
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        let share = (self.seed >> 33) as f64 / f64::from(1u32 << 31);
        full.mul_f64(0.5 + share / 2.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(1);
    const LONGEST: Duration = Duration::from_secs(8);

    fn pauses(name: &str) -> Vec<Duration> {
        let mut backoff = Backoff::new(FIRST, LONGEST, name);
        (0..8).map(|_| backoff.pause()).collect()
    }

    #[test]
    fn pauses_grow_and_are_between_half_and_all() {
        for (pause, full) in pauses("10.0.0.1").into_iter().zip([1, 2, 4, 8, 8, 8]) {
            let full = Duration::from_secs(full);
            assert!(full / 2 <= pause && pause <= full, "{pause:?} of {full:?}");
        }
    }

    #[test]
    fn no_two_pause_alike() {
        // Eight pauses of 31 random bits each: that two of them are the same by chance does not happen.
        let all = [pauses("10.0.0.1"), pauses("10.0.0.1"), pauses("10.0.0.2"), pauses("insist")];
        for (at, one) in all.iter().enumerate() {
            assert!(all[at + 1..].iter().all(|other| other != one), "{all:?}");
        }
    }
}
