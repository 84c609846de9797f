//! Simulated durations, drawn from a seed and from their purpose, so that the order of calls has no influence.

use std::time::Duration;

/// A fixed or evenly distributed duration.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Delay {
    least: Duration,
    most: Duration,
}

impl Delay {
    /// No delay.
    pub const NONE: Self = Self::fixed(Duration::ZERO);

    /// Always `duration`.
    pub const fn fixed(duration: Duration) -> Self {
        Self { least: duration, most: duration }
    }

    /// Between `least` and `most`, which may be given in either order.
    pub fn between(least: Duration, most: Duration) -> Self {
        Self { least: least.min(most), most: least.max(most) }
    }

    /// Returns the delay for `purpose` of `what` under this seed, in whole milliseconds (the resolution of tokio's
    /// timers) unless it is fixed.
    pub(super) fn draw(self, seed: u64, purpose: &str, what: &str) -> Duration {
        let spread = (self.most - self.least).as_millis() as u64;
        if spread == 0 {
            return self.least;
        }
        self.least + Duration::from_millis(draw(seed, purpose, what) % (spread + 1))
    }
}

impl From<Duration> for Delay {
    fn from(duration: Duration) -> Self {
        Self::fixed(duration)
    }
}

/// Returns a random number that depends on these three values only.
pub(super) fn draw(seed: u64, purpose: &str, what: &str) -> u64 {
    // FNV-1a, with a separating byte that never occurs in UTF-8.
    let bytes = purpose.bytes().chain([0xff]).chain(what.bytes());
    let hash =
        bytes.fold(0xcbf2_9ce4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x100_0000_01b3));
    splitmix64(seed ^ splitmix64(hash))
}

/// The output function of SplitMix64 (Steele, Lea, Flood: "Fast splittable pseudorandom number generators", 2014).
fn splitmix64(state: u64) -> u64 {
    let mut z = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn splitmix_gives_the_published_sequence() {
        // The first outputs for seed 0: state advances by the golden gamma before each output.
        assert_eq!(splitmix64(0), 0xe220_a839_7b1d_cdaf);
        assert_eq!(splitmix64(0x9e37_79b9_7f4a_7c15), 0x6e78_9e6a_a1b9_65f4);
    }

    #[test]
    fn delays_stay_in_their_bounds_and_depend_on_seed_and_purpose() {
        let (least, most) = (Duration::from_millis(100), Duration::from_millis(200));
        let delay = Delay::between(most, least);
        let drawn: Vec<Duration> = (0..1000).map(|n| delay.draw(7, "boot", &n.to_string())).collect();
        assert!(drawn.iter().all(|d| (least..=most).contains(d)));
        assert!(drawn.contains(&least) && drawn.contains(&most));
        assert_eq!(delay.draw(7, "boot", "5"), drawn[5]);
        assert_ne!(draw(7, "boot", "5"), draw(8, "boot", "5"));
        assert_ne!(draw(7, "ab", "c"), draw(7, "a", "bc"));
    }
}
