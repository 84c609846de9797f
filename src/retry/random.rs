//! Random numbers for pauses.

use std::hash::{BuildHasher as _, RandomState};

/// A stream of numbers that spreads clients; it guards no secret.
#[derive(Clone, Debug)]
pub(super) struct Random(u64);

impl Random {
    /// Another stream each time, also for the same name, in this process and in the next one.
    pub(super) fn fresh(name: &str) -> Self {
        // Every `RandomState` is seeded anew, which is all the randomness that a pause needs.
        Self(RandomState::new().hash_one(name))
    }

    /// The same stream for the same seed.
    pub(super) fn seeded(seed: u64) -> Self {
        Self(seed)
    }

    /// The next number, from 0 up to but without 1.
    pub(super) fn share(&mut self) -> f64 {
        // Knuth's MMIX multiplier: enough to spread clients, and no dependency for it.
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) as f64 / f64::from(1u32 << 31)
    }
}
