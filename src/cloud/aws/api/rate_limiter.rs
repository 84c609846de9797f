//! Delays calls to avoid throttling.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::{Instant, sleep};

use super::rate_limits::{ApiClass, BucketName, Limits};
use super::token_bucket::TokenBucket;

/// Request limits of one account and region, shared by all of the process's calls to it.
#[derive(Debug)]
pub struct Limiter {
    limits: Limits,
    buckets: Mutex<HashMap<BucketName, TokenBucket>>,
}

impl Limiter {
    /// Creates a limiter with full buckets.
    pub fn new(limits: Limits) -> Self {
        Self { limits, buckets: Mutex::default() }
    }

    /// Waits until a call of this class, making or removing `resources` resources, may be made.
    ///
    /// The tokens are taken before the wait, so a future dropped while waiting has paid for them; that only slows the
    /// others down.
    pub async fn admit(&self, group: ApiClass, resources: usize) {
        let wait = self.take(group.requests(), 1.0);
        let wait = match group.resources() {
            Some(bucket) if resources > 0 => wait.max(self.take(bucket, resources as f64)),
            _ => wait,
        };
        if !wait.is_zero() {
            sleep(wait).await;
        }
    }

    fn take(&self, name: BucketName, cost: f64) -> Duration {
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        buckets.entry(name).or_insert_with(|| TokenBucket::new(self.limits.of(name), now)).take(cost, now)
    }

    /// Records that a call of this class was throttled nevertheless; slows the class down for a while.
    pub fn throttled(&self, group: ApiClass) {
        let now = Instant::now();
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(bucket) = buckets.get_mut(&group.requests()) {
            bucket.throttled(now);
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;

    fn virtual_time<T>(work: impl Future<Output = T>) -> T {
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap().block_on(work)
    }

    /// Measures how long `count` simultaneous calls take.
    async fn all(limiter: &Arc<Limiter>, group: ApiClass, count: usize, resources: usize) -> Duration {
        let began = Instant::now();
        let mut calls = tokio::task::JoinSet::new();
        for _ in 0..count {
            let limiter = limiter.clone();
            calls.spawn(async move { limiter.admit(group, resources).await });
        }
        calls.join_all().await;
        began.elapsed()
    }

    fn seconds(duration: Duration) -> f64 {
        (duration.as_secs_f64() * 10.0).round() / 10.0
    }

    #[test]
    fn calls_take_as_long_as_the_buckets_of_aws_let_them() {
        virtual_time(async {
            let limiter = Arc::new(Limiter::new(Limits::aws()));
            assert_eq!(seconds(all(&limiter, ApiClass::RunInstances, 40, 1).await), 17.5);
            assert_eq!(seconds(all(&limiter, ApiClass::Describe, 100, 0).await), 0.0);
            assert_eq!(seconds(all(&limiter, ApiClass::Describe, 20, 0).await), 1.0);
        });
    }

    #[test]
    fn what_calls_make_is_limited_too() {
        virtual_time(async {
            let limiter = Arc::new(Limiter::new(Limits::aws()));
            assert_eq!(seconds(all(&limiter, ApiClass::RunInstances, 1, 1000).await), 0.0);
            assert_eq!(seconds(all(&limiter, ApiClass::RunInstances, 1, 100).await), 50.0);
            // A fleet draws on the same bucket of instances.
            assert_eq!(seconds(all(&limiter, ApiClass::CreateFleet, 1, 10).await), 5.0);
        });
    }

    #[test]
    fn who_is_throttled_all_the_same_goes_slower_and_recovers() {
        virtual_time(async {
            let limiter = Arc::new(Limiter::new(Limits::aws()));
            assert_eq!(seconds(all(&limiter, ApiClass::Mutate, 1, 0).await), 0.0);
            // Calls that are throttled at the same time count once.
            (0..10).for_each(|_| limiter.throttled(ApiClass::Mutate));
            assert_eq!(seconds(all(&limiter, ApiClass::Mutate, 5, 0).await), 2.0);
            // Other classes are unaffected.
            assert_eq!(seconds(all(&limiter, ApiClass::Describe, 5, 0).await), 0.0);
            sleep(Duration::from_secs(120)).await;
            assert_eq!(seconds(all(&limiter, ApiClass::Mutate, 50, 0).await), 0.0);
            assert_eq!(seconds(all(&limiter, ApiClass::Mutate, 5, 0).await), 1.0);
        });
    }

    #[test]
    fn throttling_again_and_again_never_stops_everything() {
        virtual_time(async {
            let limiter = Arc::new(Limiter::new(Limits::aws()));
            for _ in 0..20 {
                limiter.admit(ApiClass::Mutate, 0).await;
                limiter.throttled(ApiClass::Mutate);
                sleep(Duration::from_secs(2)).await;
            }
            assert!(all(&limiter, ApiClass::Mutate, 1, 0).await < Duration::from_secs(3));
        });
    }
}
