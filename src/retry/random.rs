//! Random numbers for pauses.

use std::hash::{BuildHasher as _, RandomState};

/// A stream of random numbers that spreads clients; not for secrets.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// Creates a new stream each time, even for the same name, in this process and in the next one.
    pub(super) fn fresh(name: &str) -> Self {
        // Every `RandomState` has a new seed, which is all the randomness that a pause needs.
        Self(RandomState::new().hash_one(name))
    }

    /// Creates the stream of a seed: the same seed gives the same stream.
    pub(super) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// Returns the next number: at least 0, less than 1.
    pub(super) fn share(&mut self) -> f64 {
        // Knuth's MMIX multiplier: enough to spread clients, without a dependency.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1u32 << 31)
    }
}
