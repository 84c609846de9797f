use serde::{Deserialize, Serialize};

use super::breaker::BreakerLimits;
use super::seconds::Seconds;

/// Growth of the time that machines get to come up, after some did not.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PatienceLimits {
    /// Factor by which the time grows after machines that never joined.
    pub factor: i64,
    /// Largest multiple of the configured time.
    pub most: i64,
}

impl Default for PatienceLimits {
    fn default() -> PatienceLimits {
        PatienceLimits { factor: 2, most: 4 }
    }
}

/// Protections that the original engines lack. Each answers a fault measured on an original.
///
/// [`Protection::default`] has all of them; [`Protection::none`] leaves the rules as the originals state them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Protection {
    /// Launches are held back after launched machines failed to come up (failing images were relaunched without end).
    pub breaker: Option<BreakerLimits>,
    /// Machines get more time to come up after some did not join in time (slow machines were ended without end).
    pub patience: Option<PatienceLimits>,
    /// Age in seconds above which a stale reading of the demand neither grows nor shrinks the fleet (a silent sensor
    /// made it grow without end).
    pub stale_after: Option<Seconds>,
    /// Time in seconds after which a machine that has not come up is ended (a stuck machine stopped all decisions). It
    /// adapts to machines that came up.
    pub start_deadline: Option<Seconds>,
    /// Time in seconds from a launch to the next while machines are on their way (one at a time whatever the queue).
    pub growth_interval: Option<Seconds>,
    /// Time in seconds from the last launch during which a fleet with waiting work does not shrink.
    pub shrink_cooldown: Option<Seconds>,
    /// A machine is ended as never joined only on a fresh reading of the pool (working machines were ended by a stale
    /// list).
    pub look_before_end: bool,
    /// The idle clock is the pool's (short jobs between two polls were missed; a restart reset the clock).
    pub pool_idle_clock: bool,
    /// A maximum of 0 allows no machine (it meant no limit).
    pub zero_maximum_is_none: bool,
    /// Jobs that no machine can serve do not count as demand.
    pub servable_only: bool,
    /// Only the fleet's own machines are ended or counted (foreign ones of the account were).
    pub own_only: bool,
    /// Machines that end before they come up stop counting as coming at once, and a restarted scaler finds those that
    /// are coming (places stayed reserved; a restart forgot them and launched again).
    pub follow_machines: bool,
    /// The last machine stays while there is work.
    pub keep_one_for_work: bool,
    /// Machines on their way are ended before machines at work.
    pub spare_working: bool,
    /// A machine that was asked for and not confirmed counts as on its way (one more was launched every pulse).
    pub count_requested: bool,
    /// Swapped marks (low above high) are put in order.
    pub order_marks: bool,
    /// Workers with a job do not count as free for waiting ones.
    pub busy_is_not_free: bool,
    /// As many machines as are missing are launched in one pass.
    pub launch_together: bool,
}

impl Protection {
    /// Returns the rules of the originals, without protections.
    pub fn none() -> Protection {
        Protection {
            breaker: None,
            patience: None,
            stale_after: None,
            start_deadline: None,
            growth_interval: None,
            shrink_cooldown: None,
            look_before_end: false,
            pool_idle_clock: false,
            zero_maximum_is_none: false,
            servable_only: false,
            own_only: false,
            follow_machines: false,
            keep_one_for_work: false,
            spare_working: false,
            count_requested: false,
            order_marks: false,
            busy_is_not_free: false,
            launch_together: false,
        }
    }
}

impl Default for Protection {
    fn default() -> Protection {
        Protection {
            breaker: Some(BreakerLimits::default()),
            patience: Some(PatienceLimits::default()),
            stale_after: Some(300),
            start_deadline: Some(600),
            growth_interval: Some(60),
            shrink_cooldown: Some(60),
            look_before_end: true,
            pool_idle_clock: true,
            zero_maximum_is_none: true,
            servable_only: true,
            own_only: true,
            follow_machines: true,
            keep_one_for_work: true,
            spare_working: true,
            count_requested: true,
            order_marks: true,
            busy_is_not_free: true,
            launch_together: true,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn absent_settings_are_protected() {
        let read: Protection = serde_json::from_str(r#"{"stale_after": 60}"#).unwrap();
        assert_eq!(read, Protection { stale_after: Some(60), ..Protection::default() });
    }
}
