//! The pauses between attempts.

use std::time::Duration;

use super::random::Random;

/// Pauses of constant length, or doubling up to a maximum, with or without jitter.
#[derive(Clone, Debug)]
pub struct Pauses {
    next: Duration,
    longest: Duration,
    jitter: Jitter,
}

/// The random part of a pause, so that clients that failed together do not retry together.
#[derive(Clone, Debug)]
enum Jitter {
    /// None: no other client waits for the same event.
    Off,
    /// Half of the pause.
    Equal(Random),
    /// All of the pause.
    Full(Random),
}

impl Pauses {
    /// Creates pauses of constant length.
    pub fn fixed(pause: Duration) -> Self {
        Self::growing(pause, pause)
    }

    /// Creates pauses that double from `first` to `longest`, without jitter.
    pub fn growing(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest, jitter: Jitter::Off }
    }

    /// Makes half of each pause fixed and half random ("equal jitter", AWS Architecture Blog, "Exponential Backoff And
    /// Jitter"), so that bad luck alone never stops progress. `name` is the subject of the wait; the pauses differ each
    /// time, even for the same name.
    #[must_use]
    pub fn equal_jitter(self, name: &str) -> Self {
        Self { jitter: Jitter::Equal(Random::fresh(name)), ..self }
    }

    /// Makes each pause random between zero and its length ("full jitter", same article), which spreads many clients of
    /// one service the most.
    #[must_use]
    pub fn full_jitter(self, name: &str) -> Self {
        Self { jitter: Jitter::Full(Random::fresh(name)), ..self }
    }

    /// Seeds the jitter: the same seed gives the same pauses.
    #[must_use]
    pub fn seeded(self, seed: u64) -> Self {
        let jitter = match self.jitter {
            Jitter::Off => Jitter::Off,
            Jitter::Equal(_) => Jitter::Equal(Random::seeded(seed)),
            Jitter::Full(_) => Jitter::Full(Random::seeded(seed)),
        };
        Self { jitter, ..self }
    }

    /// Creates the pauses of most calls and polls, while `name` is waited for: doubling, with equal jitter.
    pub fn backoff(first: Duration, longest: Duration, name: &str) -> Self {
        Self::growing(first, longest).equal_jitter(name)
    }

    /// Returns the next pause.
    pub fn pause(&mut self) -> Duration {
        let whole = self.next;
        self.next = whole.saturating_mul(2).min(self.longest);
        match &mut self.jitter {
            Jitter::Off => whole,
            Jitter::Equal(random) => whole.mul_f64(0.5 + random.share() / 2.0),
            Jitter::Full(random) => whole.mul_f64(random.share()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FIRST: Duration = Duration::from_secs(1);
    const LONGEST: Duration = Duration::from_secs(8);

    fn eight(mut pauses: Pauses) -> Vec<Duration> {
        (0..8).map(|_| pauses.pause()).collect()
    }

    #[test]
    fn without_jitter_pauses_are_what_they_are_said_to_be() {
        let seconds = |pauses: Pauses| eight(pauses).iter().map(Duration::as_secs).collect::<Vec<_>>();
        assert_eq!(seconds(Pauses::fixed(FIRST)), [1; 8]);
        assert_eq!(seconds(Pauses::growing(FIRST, LONGEST)), [1, 2, 4, 8, 8, 8, 8, 8]);
    }

    #[test]
    fn jitter_stays_within_its_bounds() {
        let whole = eight(Pauses::growing(FIRST, LONGEST));
        for (pause, whole) in eight(Pauses::growing(FIRST, LONGEST).full_jitter("a")).into_iter().zip(&whole) {
            assert!(pause <= *whole, "{pause:?} of {whole:?}");
        }
        for (pause, whole) in eight(Pauses::growing(FIRST, LONGEST).equal_jitter("a")).into_iter().zip(&whole) {
            assert!(*whole / 2 <= pause && pause <= *whole, "{pause:?} of {whole:?}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_pauses() {
        let full = || Pauses::growing(FIRST, LONGEST).full_jitter("a");
        assert_eq!(eight(full().seeded(7)), eight(full().seeded(7)));
        assert_ne!(eight(full().seeded(7)), eight(full().seeded(8)));
        assert_ne!(eight(full()), eight(full()));
    }

    fn pauses(name: &str) -> Vec<Duration> {
        eight(Pauses::backoff(FIRST, LONGEST, name))
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
        // Eight pauses of 31 random bits each: two equal sequences by chance do not happen.
        let all = [pauses("10.0.0.1"), pauses("10.0.0.1"), pauses("10.0.0.2"), pauses("insist")];
        for (at, one) in all.iter().enumerate() {
            assert!(all[at + 1..].iter().all(|other| other != one), "{all:?}");
        }
    }
}
