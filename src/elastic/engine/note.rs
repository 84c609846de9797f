use serde::{Deserialize, Serialize};

use super::seconds::Seconds;

/// A limit that held a decision back, with its numbers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "limit", rename_all = "snake_case", deny_unknown_fields)]
pub enum Limit {
    /// The maximum number of machines.
    Maximum {
        /// The maximum.
        maximum: i64,
        /// Number of the fleet's live machines.
        live: i64,
    },
    /// Launched machines failed to come up: the breaker is open.
    Breaker {
        /// Number of failures in a row.
        failures: u32,
        /// Time from which one machine may be tried. None: one is being tried.
        until: Option<Seconds>,
    },
    /// A source did not answer.
    FailedReading {
        /// The source: demand, machines, pool.
        source: String,
    },
    /// The last answer of a source is too old.
    StaleReading {
        /// The source: demand, machines, pool.
        source: String,
        /// Age of its last answer in seconds.
        age: Seconds,
        /// The age that is allowed, in seconds.
        allowed: Seconds,
    },
    /// Machines on their way block growth.
    Starting {
        /// Number of machines on their way.
        machines: i64,
    },
    /// A change in the other direction was too recent.
    Cooldown {
        /// Time from which the change is allowed.
        until: Seconds,
    },
}

/// A remark about a pass: the inaction that a person may ask about.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "note", rename_all = "snake_case", deny_unknown_fields)]
pub enum Note {
    /// Fewer machines are launched than wanted.
    StartLimited {
        /// The word of the reason for growth.
        reason: String,
        /// Number of machines wanted.
        wanted: i64,
        /// Number of machines allowed.
        allowed: i64,
        /// The limit.
        by: Limit,
    },
    /// Idle machines stay.
    IdleKept {
        /// Number of idle machines.
        idle: i64,
        /// Number of machines that are ended.
        ended: i64,
        /// The minimum that keeps the rest.
        minimum: i64,
    },
    /// The queue is too long, but not for long enough.
    QueueWaits {
        /// Number of waiting jobs beyond those that coming machines take.
        excess: i64,
        /// Time at which that was first seen.
        since: Seconds,
        /// The waiting time that is allowed, in seconds.
        allowed: Seconds,
    },
    /// No decision in this direction.
    Held {
        /// The limit.
        by: Limit,
    },
    /// Waiting jobs that no machine of the fleet can serve are left out.
    Unservable {
        /// Their number.
        jobs: u64,
    },
    /// The configuration cannot be meant as written; it is read in the other way.
    Corrected {
        /// The setting and the reading that is used.
        setting: String,
    },
    /// A machine may not be ended: it is not known to be free.
    EndPostponed {
        /// The machine.
        machine: String,
        /// The limit.
        by: Limit,
    },
}
