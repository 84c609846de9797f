//! Random numbers that follow from a seed.

use std::time::Duration;

/// SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
pub struct Dice(u64);

impl Dice {
    /// The dice of one life.
    pub fn new(seed: u64, life: u64) -> Self {
        let mut dice = Self(seed ^ life.wrapping_mul(0xd134_2543_de82_ef95));
        // The first numbers of neighbouring seeds are alike.
        dice.roll();
        dice
    }

    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    /// A number below `bound`.
    pub fn below(&mut self, bound: usize) -> usize {
        usize::try_from(self.roll() % bound.max(1) as u64).unwrap_or_default()
    }

    /// True once in `times`.
    pub fn one_in(&mut self, times: usize) -> bool {
        self.below(times) == 0
    }

    /// A moment within `whole`; every other one in its first fifth, where most things happen.
    pub fn moment(&mut self, whole: Duration) -> Duration {
        let range = if self.one_in(2) { whole / 5 } else { whole };
        Duration::from_nanos(self.roll() % u64::try_from(range.as_nanos()).unwrap_or(u64::MAX).max(1))
    }
}
