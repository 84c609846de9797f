use serde::{Deserialize, Serialize};

use super::machine::Health;
use super::seconds::Seconds;

/// The heartbeats of one running machine, as its scaler has received them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Heartbeats {
    /// Time since which the machine runs.
    pub running_since: Seconds,
    /// Time of the last heartbeat since the scaler started.
    pub last_heard: Option<Seconds>,
    /// The health after the last heartbeat, also one before the scaler started.
    pub health: Health,
}

/// The rule by which silent machines are missing (EPU's `HealthMonitor`). Times in seconds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HealthRule {
    /// Time from running to the first heartbeat (`health_boot_timeout`).
    pub boot: Seconds,
    /// Time between two heartbeats (`health_missing_timeout`).
    pub missing: Seconds,
}

impl Default for HealthRule {
    fn default() -> HealthRule {
        HealthRule { boot: 300, missing: 30 }
    }
}

impl HealthRule {
    /// Judges a running machine at `now`, for a scaler that listens since `listening_since`.
    pub fn judge(&self, beats: &Heartbeats, listening_since: Seconds, now: Seconds) -> Health {
        let (since, allowed) = match beats.last_heard {
            Some(heard) => (heard, self.missing),
            None if beats.health == Health::Ok => (listening_since, self.missing),
            None => (beats.running_since.max(listening_since), self.boot),
        };
        if now.saturating_sub(since) > allowed { Health::Missing } else { beats.health }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const RULE: HealthRule = HealthRule { boot: 120, missing: 60 };

    #[test]
    fn silent_machine_is_missing_after_more_than_the_time_allowed() {
        let beats = Heartbeats { running_since: 96, last_heard: Some(386), health: Health::Ok };
        assert_eq!(RULE.judge(&beats, 0, 446), Health::Ok);
        assert_eq!(RULE.judge(&beats, 0, 447), Health::Missing);
    }

    #[test]
    fn first_heartbeat_has_the_boot_time() {
        let beats = Heartbeats { running_since: 96, last_heard: None, health: Health::Unknown };
        assert_eq!(RULE.judge(&beats, 0, 216), Health::Unknown);
        assert_eq!(RULE.judge(&beats, 0, 217), Health::Missing);
    }

    #[test]
    fn after_a_restart_the_time_counts_from_it() {
        let healthy = Heartbeats { running_since: 96, last_heard: None, health: Health::Ok };
        assert_eq!(RULE.judge(&healthy, 500, 560), Health::Ok);
        assert_eq!(RULE.judge(&healthy, 500, 561), Health::Missing);
    }
}
