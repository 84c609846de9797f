//! Growing pauses between tries, with equal jitter.

use std::time::Duration;

use super::pauses::Pauses;

/// Pauses that double from `first` to `longest`; half of each is fixed and half is random ("equal jitter", AWS
/// Architecture Blog, "Exponential Backoff And Jitter"), so that many clients do not come back together.
#[derive(Clone, Debug)]
pub struct Backoff(Pauses);

impl Backoff {
    /// Pauses from `first` to `longest` while `name` is waited for: others each time, also for the same name, in this
    /// process and in the next one.
    pub fn new(first: Duration, longest: Duration, name: &str) -> Self {
        Self(Pauses::growing(first, longest).equal_jitter(name))
    }

    /// The same with chance that follows from `seed`: the same seed gives the same pauses.
    #[must_use]
    pub fn seeded(self, seed: u64) -> Self {
        Self(self.0.seeded(seed))
    }

    /// The next pause: between half of it and all of it, so that progress never stops for luck's sake.
    pub fn pause(&mut self) -> Duration {
        self.0.pause()
    }
}

impl From<Backoff> for Pauses {
    fn from(backoff: Backoff) -> Self {
        backoff.0
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
