use serde::{Deserialize, Serialize};

use super::money::Money;
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
    /// The maximum number of machines of a kind.
    MaximumOfKind {
        /// The maximum.
        maximum: i64,
        /// Number of the kind's live machines.
        live: i64,
    },
    /// The price of all machines for an hour.
    HourlyBudget {
        /// The maximum.
        budget: Money,
        /// The price of the machines that live and those that are launched in this pass.
        committed: Money,
        /// The price of one more.
        price: Money,
    },
    /// What the fleet may cost in all.
    Budget {
        /// The maximum.
        budget: Money,
        /// What it has cost.
        spent: Money,
        /// What all machines may cost until their leases end, at least for an hour, with those that are launched in
        /// this pass.
        committed: Money,
        /// What one more may cost for as long.
        price: Money,
    },
    /// There is a budget, and the kind's price is not known.
    NoPrice,
    /// The number of launches within a minute.
    LaunchRate {
        /// The maximum.
        maximum: i64,
        /// Number of launches in the last minute, with those of this pass.
        launched: i64,
    },
    /// The cloud refused launches.
    Refused {
        /// Number of passes with refusals in a row.
        refusals: u32,
        /// Time from which one machine may be tried.
        until: Seconds,
    },
    /// Many of the pool's slots disappeared at once.
    Fall {
        /// Number of slots that are missing.
        missing: u64,
        /// Number of slots before.
        before: u64,
        /// Time until which that holds shrinkage at the latest.
        until: Seconds,
    },
    /// A person has paused the fleet.
    Paused,
    /// The machine has claims: its jobs go on.
    Claimed {
        /// Number of claims.
        claims: u32,
    },
    /// The machine accepts no more work, and the source does not tell whether it has jobs.
    MayHaveJobs {
        /// Time by which it must have left.
        until: Seconds,
    },
    /// The machine is to accept no more work, and the pool does not show that yet.
    DrainUnseen,
    /// A person has drained the machine.
    PersonsDrain,
    /// The fleet has no such machine.
    NotOwn,
    /// The fleet has no such kind of machine.
    UnknownKind {
        /// The name that was given.
        kind: String,
    },
    /// The minimum number of machines.
    Minimum {
        /// The minimum.
        minimum: i64,
        /// Number of machines that serve or come.
        live: i64,
    },
    /// None of the kind's offers may be tried: each had no capacity a short time ago.
    NoOffer {
        /// Time from which one may be tried.
        until: Seconds,
    },
    /// The offer had no capacity a short time ago.
    NoCapacity {
        /// Time from which it may be tried.
        until: Seconds,
    },
    /// The user's program that decides failed.
    ProgramFailed {
        /// What it did, and what to try.
        error: String,
    },
}

impl Limit {
    /// Whether it is a limit of one kind of machine, whose settings lift it.
    pub fn is_of_kind(&self) -> bool {
        matches!(self, Limit::MaximumOfKind { .. } | Limit::NoPrice | Limit::NoOffer { .. })
    }
}
