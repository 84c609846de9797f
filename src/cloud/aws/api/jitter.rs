//! Random pauses.

use std::hash::{BuildHasher, Hasher, RandomState};
use std::time::Duration;

/// A random part of `longest`: "full jitter" (AWS Architecture Blog, "Exponential Backoff And Jitter"), so that clients
/// that failed together do not come back together.
pub(super) fn full(longest: Duration) -> Duration {
    // Every `RandomState` is seeded anew, which is all the randomness that a pause needs.
    let random = RandomState::new().build_hasher().finish();
    longest.mul_f64((random >> 11) as f64 / (1_u64 << 53) as f64)
}
