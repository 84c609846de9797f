use serde::{Deserialize, Serialize};

use super::super::seconds::Seconds;

/// The settings of the pauses after refused launches. Times in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct BackoffLimits {
    /// Time without launches of a kind after the first refusal. Doubles with every further one.
    pub base: Seconds,
    /// Longest such time.
    pub most: Seconds,
}

impl Default for BackoffLimits {
    fn default() -> BackoffLimits {
        BackoffLimits { base: 60, most: 900 }
    }
}

/// Holds launches of a kind back after the cloud refused some.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Backoff {
    /// Number of passes with refusals, without a pass that was granted in full in between.
    pub(super) refusals: u32,
    /// Time from which one machine may be tried.
    pub(super) until: Option<Seconds>,
}

impl Backoff {
    /// Takes note of a pass in which launches were refused.
    pub(super) fn refused(&mut self, limits: &BackoffLimits, now: Seconds) {
        let doublings = self.refusals.min(30);
        self.refusals = self.refusals.saturating_add(1);
        self.until = Some(now.saturating_add(limits.base.saturating_mul(1 << doublings).min(limits.most)));
    }

    /// Takes note of a pass in which all launches were granted.
    pub(super) fn granted(&mut self) {
        *self = Backoff::default();
    }

    /// Returns the number of machines that may be launched: any without refusals, none before the time, then one.
    pub(super) fn allowed(&self, now: Seconds) -> u64 {
        match self.until {
            None => u64::MAX,
            Some(until) if now < until => 0,
            Some(_) => 1,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_time_doubles_and_one_machine_is_tried_after_it() {
        let limits = BackoffLimits::default();
        let mut backoff = Backoff::default();
        assert_eq!(backoff.allowed(0), u64::MAX);
        backoff.refused(&limits, 100);
        assert_eq!((backoff.allowed(159), backoff.allowed(160)), (0, 1));
        backoff.refused(&limits, 160);
        assert_eq!((backoff.allowed(279), backoff.allowed(280)), (0, 1));
        backoff.granted();
        assert_eq!(backoff.allowed(280), u64::MAX);
    }
}
