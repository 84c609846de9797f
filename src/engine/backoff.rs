//! Growing pauses between tries, with full jitter.

use std::time::Duration;

/// Pauses that double from `first` to `longest`; each is a random part of that ("full jitter", AWS Architecture Blog,
/// "Exponential Backoff And Jitter"), so that many clients do not come back together.
#[derive(Clone, Debug)]
pub struct Backoff {
    next: Duration,
    longest: Duration,
    seed: u64,
}

impl Backoff {
    /// Pauses from `first` to `longest`; `name` makes the jitter differ between callers.
    pub fn new(first: Duration, longest: Duration, name: &str) -> Self {
        let seed = name
            .bytes()
            .fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3));
        Self { next: first, longest, seed }
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
