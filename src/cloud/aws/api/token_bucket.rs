//! A client-side model of a token bucket of AWS's throttling.

use std::time::Duration;

use tokio::time::Instant;

/// Size and refill rate of a bucket.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RefillRate {
    /// Tokens in a full bucket.
    pub size: f64,
    /// Tokens added each second.
    pub refill: f64,
}

impl RefillRate {
    /// Creates the rate of a bucket of `size` tokens with `refill` tokens added each second.
    pub const fn new(size: u32, refill: u32) -> Self {
        Self { size: size as f64, refill: refill as f64 }
    }
}

/// Lowest share of the rate after throttling: other clients of the account share its buckets, and a slower client would
/// starve.
const SLOWEST: f64 = 0.25;

/// Time without throttling before the rate is raised again.
const CALM: Duration = Duration::from_secs(20);

/// A token bucket. Tokens are taken in advance: a deficit is paid for by waiting, first come first served.
#[derive(Debug)]
pub(super) struct TokenBucket {
    rate: RefillRate,
    tokens: f64,
    counted_at: Instant,
    /// Share of the rate in use; 1 unless the service throttled a call recently.
    share: f64,
    throttled_at: Option<Instant>,
}

impl TokenBucket {
    pub(super) fn new(rate: RefillRate, now: Instant) -> Self {
        Self { rate, tokens: rate.size, counted_at: now, share: 1.0, throttled_at: None }
    }

    /// Takes `cost` tokens; returns the wait before they may be used.
    pub(super) fn take(&mut self, cost: f64, now: Instant) -> Duration {
        self.count(now);
        self.tokens -= cost;
        if self.tokens >= 0.0 {
            return Duration::ZERO;
        }
        Duration::try_from_secs_f64(-self.tokens / (self.rate.refill * self.share)).unwrap_or(Duration::MAX)
    }

    /// Records that the service throttled a call: its bucket is emptier than this one, because other clients draw from
    /// it, too.
    pub(super) fn throttled(&mut self, now: Instant) {
        self.count(now);
        self.tokens = self.tokens.min(0.0);
        // Concurrent calls are throttled together and count once.
        let told = self.throttled_at.is_some_and(|at| now.duration_since(at) < Duration::from_secs(1));
        if !told {
            self.share = (self.share / 2.0).max(SLOWEST);
            self.throttled_at = Some(now);
        }
    }

    fn count(&mut self, now: Instant) {
        let passed = now.saturating_duration_since(self.counted_at).as_secs_f64();
        self.tokens = (self.tokens + passed * self.rate.refill * self.share).min(self.rate.size);
        self.counted_at = now;
        while let Some(at) = self.throttled_at
            && now.saturating_duration_since(at) >= CALM
        {
            self.share = (self.share * 2.0).min(1.0);
            self.throttled_at = (self.share < 1.0).then_some(at + CALM);
        }
    }
}
