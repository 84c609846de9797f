use serde::Serialize;

/// Waiting times in seconds. All are 0 without jobs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
#[cfg_attr(feature = "schemas", derive(schemars::JsonSchema))]
pub struct WaitTimes {
    /// The mean.
    pub mean: f64,
    /// Time that half of the jobs waited at most.
    pub p50: u32,
    /// Time that 95 % waited at most.
    pub p95: u32,
    /// Time that 99 % waited at most.
    pub p99: u32,
    /// The longest.
    pub max: u32,
}

impl WaitTimes {
    /// Returns the figures of single times. Percentiles are the smallest time that so many jobs do not exceed.
    #[expect(clippy::cast_precision_loss, reason = "a mean of seconds")]
    pub(super) fn of(mut waits: Vec<u32>) -> WaitTimes {
        waits.sort_unstable();
        let Some(max) = waits.last().copied() else { return WaitTimes::default() };
        let sum: u64 = waits.iter().copied().map(u64::from).sum();
        let at = |percent: usize| waits[(waits.len() * percent).div_ceil(100).saturating_sub(1)];
        WaitTimes { mean: sum as f64 / waits.len() as f64, p50: at(50), p95: at(95), p99: at(99), max }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn percentiles_are_times_of_jobs() {
        let waits = WaitTimes::of((1..=200).rev().collect());
        assert_eq!(waits, WaitTimes { mean: 100.5, p50: 100, p95: 190, p99: 198, max: 200 });
        assert_eq!(WaitTimes::of(vec![7]), WaitTimes { mean: 7.0, p50: 7, p95: 7, p99: 7, max: 7 });
        assert_eq!(WaitTimes::of(Vec::new()), WaitTimes::default());
    }
}
