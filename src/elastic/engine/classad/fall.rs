use serde::{Deserialize, Serialize};

use super::super::seconds::Seconds;
use super::config::ClassadConfig;

/// A sudden fall of the pool: the collector may have lost slots, not the pool its machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Fall {
    /// Time at which it was seen.
    pub(super) since: Seconds,
    /// Number of slots before.
    pub(super) before: u64,
    /// Number of them that were missing without an end.
    pub(super) missing: u64,
}

impl Fall {
    /// Follows the fall: `missing` of `before` slots are absent since the last pass; `slots` are there now.
    pub(super) fn follow(
        last: Option<Fall>,
        config: &ClassadConfig,
        (before, missing, slots): (u64, u64, u64),
        now: Seconds,
    ) -> Option<Fall> {
        let is_fall = |before: u64, missing: u64| {
            missing >= 2 && missing.saturating_mul(100) > before.saturating_mul(u64::from(config.freeze_fall))
        };
        if is_fall(before, missing) {
            return Some(Fall { since: now, before, missing });
        }
        let going_on = |fall: &Fall| {
            now.saturating_sub(fall.since) < config.freeze_time
                && is_fall(fall.before, fall.before.saturating_sub(slots))
        };
        last.filter(going_on)
    }

    /// Returns the time at which it stops holding shrinkage at the latest.
    pub(super) fn until(&self, config: &ClassadConfig) -> Seconds {
        self.since.saturating_add(config.freeze_time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_half_of_the_slots_and_at_least_two_are_a_fall() {
        let config = ClassadConfig::default();
        let at = |before, missing| Fall::follow(None, &config, (before, missing, before - missing), 0).is_some();
        assert_eq!([at(10, 5), at(10, 6), at(1, 1), at(2, 2)], [false, true, false, true]);
    }

    #[test]
    fn it_lasts_until_the_slots_are_back_or_the_collector_would_have_them() {
        let config = ClassadConfig::default();
        let fall = Fall::follow(None, &config, (10, 8, 2), 100);
        let still = |slots, now| Fall::follow(fall, &config, (2, 0, slots), now).is_some();
        assert_eq!([still(2, 115), still(6, 115), still(2, 999), still(2, 1000)], [true, false, true, false]);
    }
}
