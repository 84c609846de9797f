//! A token bucket as AWS's throttling keeps one, seen from the caller's side.

use std::time::Duration;

use tokio::time::Instant;

/// How fast a bucket may be drawn from.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RefillRate {
    /// Tokens when it is full.
    pub size: f64,
    /// Tokens that come back each second.
    pub refill: f64,
}

impl RefillRate {
    /// A bucket of `size` tokens that gets `refill` of them back each second.
    pub const fn new(size: u32, refill: u32) -> Self {
        Self { size: size as f64, refill: refill as f64 }
    }
}

/// How much of the rate is left at the least after throttling: other clients of the account share its buckets, and who
/// gave up more would starve.
const SLOWEST: f64 = 0.25;

/// How long it goes well before the rate is raised again.
const CALM: Duration = Duration::from_secs(20);

/// A bucket. Tokens are taken ahead of time: what is taken below zero is paid for by waiting, first come first served.
#[derive(Debug)]
pub(super) struct TokenBucket {
    rate: RefillRate,
    tokens: f64,
    counted_at: Instant,
    /// The part of the rate that is used, 1 unless the service throttled us lately.
    share: f64,
    throttled_at: Option<Instant>,
}

impl TokenBucket {
    pub(super) fn new(rate: RefillRate, now: Instant) -> Self {
        Self { rate, tokens: rate.size, counted_at: now, share: 1.0, throttled_at: None }
    }

    /// Takes `cost` tokens; gives how long to wait before they may be used.
    pub(super) fn take(&mut self, cost: f64, now: Instant) -> Duration {
        self.count(now);
        self.tokens -= cost;
        if self.tokens >= 0.0 {
            return Duration::ZERO;
        }
        Duration::try_from_secs_f64(-self.tokens / (self.rate.refill * self.share)).unwrap_or(Duration::MAX)
    }

    /// The service throttled a call: its bucket is emptier than ours, because others draw from it too.
    pub(super) fn throttled(&mut self, now: Instant) {
        self.count(now);
        self.tokens = self.tokens.min(0.0);
        // Calls that were under way together are throttled together; they tell the same thing once.
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
