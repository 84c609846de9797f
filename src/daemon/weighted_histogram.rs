use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use prometheus_client::encoding::{EncodeMetric, MetricEncoder, NoLabelSet};
use prometheus_client::metrics::{MetricType, TypedMetric};

/// A histogram that takes a value any number of times at once: thousands of jobs may leave a queue between two passes.
#[derive(Clone, Debug)]
pub(super) struct WeightedHistogram(Arc<Mutex<Counts>>);

#[derive(Debug)]
struct Counts {
    sum: f64,
    count: u64,
    /// Upper bound and number of values of each bucket.
    buckets: Vec<(f64, u64)>,
}

impl WeightedHistogram {
    /// Makes an empty one with these upper bounds, smallest first; one without a bound is added.
    pub(super) fn new(bounds: impl IntoIterator<Item = f64>) -> Self {
        let buckets = bounds.into_iter().chain([f64::INFINITY]).map(|bound| (bound, 0)).collect();
        Self(Arc::new(Mutex::new(Counts { sum: 0.0, count: 0, buckets })))
    }

    /// Takes in a value that was seen so many times.
    pub(super) fn observe(&self, value: f64, times: u64) {
        let mut counts = self.counts();
        counts.sum += value * times as f64;
        counts.count = counts.count.saturating_add(times);
        if let Some((_, count)) = counts.buckets.iter_mut().find(|(bound, _)| value <= *bound) {
            *count = count.saturating_add(times);
        }
    }

    fn counts(&self) -> MutexGuard<'_, Counts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl EncodeMetric for WeightedHistogram {
    fn encode(&self, mut encoder: MetricEncoder<'_>) -> Result<(), fmt::Error> {
        let counts = self.counts();
        encoder.encode_histogram::<NoLabelSet>(counts.sum, counts.count, &counts.buckets, None)
    }

    fn metric_type(&self) -> MetricType {
        Self::TYPE
    }
}

impl TypedMetric for WeightedHistogram {
    const TYPE: MetricType = MetricType::Histogram;
}

#[cfg(test)]
mod tests {
    use prometheus_client::encoding::text::encode;
    use prometheus_client::registry::Registry;

    use super::*;

    #[test]
    fn a_value_counts_as_often_as_it_was_seen() {
        let histogram = WeightedHistogram::new([1.0, 10.0]);
        let mut registry = Registry::default();
        registry.register("wait_seconds", "Wait", histogram.clone());
        histogram.observe(1.0, 2);
        histogram.observe(4.0, 1_000_000_000_000);
        histogram.observe(60.0, 1);
        let mut text = String::new();
        encode(&mut text, &registry).unwrap();
        for line in [
            "# TYPE wait_seconds histogram\n",
            "wait_seconds_sum 4000000000062.0\n",
            "wait_seconds_count 1000000000003\n",
            "wait_seconds_bucket{le=\"1.0\"} 2\n",
            "wait_seconds_bucket{le=\"10.0\"} 1000000000002\n",
            "wait_seconds_bucket{le=\"+Inf\"} 1000000000003\n",
        ] {
            assert!(text.contains(line), "{line}: {text}");
        }
    }
}
