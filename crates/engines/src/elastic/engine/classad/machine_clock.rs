use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::seconds::Seconds;

/// What is remembered of a machine of the fleet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct MachineClock {
    /// Its kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) kind: Option<Arc<str>>,
    /// Time at which it was launched or first seen.
    pub(super) first_seen: Seconds,
    /// Time at which the cloud last listed it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) listed_at: Option<Seconds>,
    /// Time at which it joined the pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) joined_at: Option<Seconds>,
    /// Time since which it has no claim. None: it has one, or is not in the pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) idle_since: Option<Seconds>,
    /// Whether it has ever had a claim.
    #[serde(default)]
    pub(super) served: bool,
    /// Whether it had a claim when it was last seen in the pool.
    #[serde(default)]
    pub(super) claimed: bool,
    /// Whether somebody else drained it when it was last seen in the pool.
    #[serde(default)]
    pub(super) held: bool,
    /// Time since which it is missing from the pool after it had joined.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) missing_since: Option<Seconds>,
    /// Time at which a drain of ours was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) drained_at: Option<Seconds>,
    /// Time at which the cancellation of a drain of ours was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) resumed_at: Option<Seconds>,
    /// Time at which the cloud accepted its end.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(super) ended_at: Option<Seconds>,
    /// Whether it is ended because it failed to come up.
    #[serde(default)]
    pub(super) failed: bool,
}

impl MachineClock {
    /// Makes the clock of a machine that is first seen at `now`.
    pub(super) fn new(kind: Option<Arc<str>>, now: Seconds) -> MachineClock {
        MachineClock {
            kind,
            first_seen: now,
            listed_at: None,
            joined_at: None,
            idle_since: None,
            served: false,
            claimed: false,
            held: false,
            missing_since: None,
            drained_at: None,
            resumed_at: None,
            ended_at: None,
            failed: false,
        }
    }
}
