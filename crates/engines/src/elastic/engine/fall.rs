use serde::{Deserialize, Serialize};

use super::seconds::Seconds;

/// What counts as a sudden fall of the pool, and for how long it holds shrinkage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FallLimits {
    /// Share of the pool's slots, in percent, that must be exceeded.
    pub share: u8,
    /// Time after which it holds nothing any more.
    pub time: Seconds,
}

impl FallLimits {
    /// The time after which a collector has its pool again, if it is there.
    pub const TIME: Seconds = 900;
}

/// A sudden fall of the pool: the collector may have lost slots, not the pool its machines.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fall {
    /// Time at which it was seen.
    pub since: Seconds,
    /// Number of slots before.
    pub before: u64,
    /// Number of them that were missing without an end.
    pub missing: u64,
}

impl Fall {
    /// Follows the fall: `missing` of `before` slots are absent since the last pass; `slots` are there now.
    pub fn follow(
        last: Option<Fall>,
        limits: FallLimits,
        (before, missing, slots): (u64, u64, u64),
        now: Seconds,
    ) -> Option<Fall> {
        let is_fall = |before: u64, missing: u64| {
            missing >= 2 && missing.saturating_mul(100) > before.saturating_mul(u64::from(limits.share))
        };
        if is_fall(before, missing) {
            return Some(Fall { since: now, before, missing });
        }
        let going_on = |fall: &Fall| {
            now.saturating_sub(fall.since) < limits.time && is_fall(fall.before, fall.before.saturating_sub(slots))
        };
        last.filter(going_on)
    }

    /// Returns the time at which it stops holding shrinkage at the latest.
    pub fn until(&self, limits: FallLimits) -> Seconds {
        self.since.saturating_add(limits.time)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn more_than_half_of_the_slots_and_at_least_two_are_a_fall() {
        let limits = FallLimits { share: 50, time: FallLimits::TIME };
        let at = |before, missing| Fall::follow(None, limits, (before, missing, before - missing), 0).is_some();
        assert_eq!([at(10, 5), at(10, 6), at(1, 1), at(2, 2)], [false, true, false, true]);
    }

    #[test]
    fn it_lasts_until_the_slots_are_back_or_the_collector_would_have_them() {
        let limits = FallLimits { share: 50, time: FallLimits::TIME };
        let fall = Fall::follow(None, limits, (10, 8, 2), 100);
        let still = |slots, now| Fall::follow(fall, limits, (2, 0, slots), now).is_some();
        assert_eq!([still(2, 115), still(6, 115), still(2, 999), still(2, 1000)], [true, false, true, false]);
    }
}
