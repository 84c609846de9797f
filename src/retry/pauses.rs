//! The pauses between tries.

use std::time::Duration;

use super::random::Random;

/// Pauses that stay the same or double up to a longest one, with or without chance in them.
#[derive(Clone, Debug)]
pub struct Pauses {
    next: Duration,
    longest: Duration,
    jitter: Jitter,
}

/// How much of a pause is left to chance, so that clients that failed together do not come back together.
#[derive(Clone, Debug)]
enum Jitter {
    /// Nothing: nobody else waits for the same.
    Off,
    /// Half.
    Equal(Random),
    /// All.
    Full(Random),
}

impl Pauses {
    /// Always this one.
    pub fn fixed(pause: Duration) -> Self {
        Self::growing(pause, pause)
    }

    /// Pauses that double from `first` to `longest`.
    pub fn growing(first: Duration, longest: Duration) -> Self {
        Self { next: first, longest, jitter: Jitter::Off }
    }

    /// The same with half of each fixed and half random ("equal jitter", AWS Architecture Blog, "Exponential Backoff
    /// And Jitter"), so that progress never stops for luck's sake. `name` is of what is waited for; the pauses are
    /// others each time, for the same name, too.
    #[must_use]
    pub fn equal_jitter(self, name: &str) -> Self {
        Self { jitter: Jitter::Equal(Random::fresh(name)), ..self }
    }

    /// The same as a random part of each ("full jitter", same article), which spreads many clients of one service the
    /// most.
    #[must_use]
    pub fn full_jitter(self, name: &str) -> Self {
        Self { jitter: Jitter::Full(Random::fresh(name)), ..self }
    }

    /// The same with chance that follows from `seed`: the same seed gives the same pauses.
    #[must_use]
    pub fn seeded(self, seed: u64) -> Self {
        let jitter = match self.jitter {
            Jitter::Off => Jitter::Off,
            Jitter::Equal(_) => Jitter::Equal(Random::seeded(seed)),
            Jitter::Full(_) => Jitter::Full(Random::seeded(seed)),
        };
        Self { jitter, ..self }
    }

    /// What most calls and looks are paced by: pauses that double, with half of each left to chance, while `name` is
    /// waited for.
    pub fn backoff(first: Duration, longest: Duration, name: &str) -> Self {
        Self::growing(first, longest).equal_jitter(name)
    }

    /// The pause that is due now.
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
        // Eight pauses of 31 random bits each: that two of them are the same by chance does not happen.
        let all = [pauses("10.0.0.1"), pauses("10.0.0.1"), pauses("10.0.0.2"), pauses("insist")];
        for (at, one) in all.iter().enumerate() {
            assert!(all[at + 1..].iter().all(|other| other != one), "{all:?}");
        }
    }
}
