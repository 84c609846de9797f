use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::machine::{Health, MachineState};
use super::money::Money;
use super::seconds::Seconds;

/// The reason of a decision, with the numbers that led to it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "rule", rename_all = "snake_case", deny_unknown_fields)]
pub enum Reason {
    /// Jobs have been waiting too long (elastiq).
    Queue {
        /// Number of waiting jobs.
        waiting: i64,
        /// Number of machines on their way.
        coming: i64,
        /// Number of jobs that one machine takes.
        jobs_per_machine: i64,
        /// Time at which the queue was first seen too long.
        since: Seconds,
    },
    /// Fewer machines than the minimum (elastiq, queuelen).
    Min {
        /// The minimum.
        minimum: i64,
        /// Number of machines at work.
        running: i64,
        /// Number of machines on their way.
        coming: i64,
    },
    /// Machines failed at the cloud: ended, and as many launched (elastiq).
    Error {
        /// Number of failed machines.
        failed: i64,
    },
    /// Machines had no job for too long (elastiq).
    Idle {
        /// The longest idle time among them, in seconds.
        idle: Seconds,
        /// The idle time that is allowed, in seconds.
        allowed: Seconds,
    },
    /// A machine did not join the pool in time (elastiq).
    NeverJoined {
        /// The time that it had, in seconds.
        allowed: Seconds,
    },
    /// A unique slot has no valid machine (npreserving).
    Unique {
        /// The slot.
        slot: Arc<str>,
    },
    /// A unique slot was taken out of the configuration (npreserving).
    UniqueRemoved {
        /// The slot.
        slot: Arc<str>,
    },
    /// Fewer valid machines than wanted (npreserving).
    PreserveN {
        /// Number of machines wanted beside the unique slots.
        wanted: i64,
        /// Number of valid ones.
        valid: i64,
    },
    /// More valid machines than wanted (npreserving).
    Surplus {
        /// Number of machines wanted beside the unique slots.
        wanted: i64,
        /// Number of valid ones.
        valid: i64,
    },
    /// The machine failed to come up or its heartbeats are wrong (npreserving, queuelen).
    Unhealthy {
        /// Its state.
        state: MachineState,
        /// Its health.
        health: Health,
    },
    /// The queue is above the high mark, or has messages and no machine (queuelen).
    HighWater {
        /// Queue length.
        length: i64,
        /// The high mark.
        mark: i64,
        /// Number of machines.
        machines: i64,
    },
    /// The queue is below the low mark (queuelen).
    LowWater {
        /// Queue length.
        length: i64,
        /// The low mark.
        mark: i64,
        /// Number of machines.
        machines: i64,
    },
    /// More waiting jobs than workers (coalition).
    WaitingJobs {
        /// Number of waiting jobs.
        waiting: i64,
        /// Number of workers that count against them.
        workers: i64,
        /// Maximum number of workers.
        maximum: i64,
    },
    /// No job waits and the worker has none (coalition).
    WorkerIdle {
        /// Its age in seconds.
        age: Seconds,
        /// The life that every worker gets, in seconds.
        minimum: Seconds,
    },
    /// No job waits and the worker never came up (coalition).
    WorkerStarting {
        /// Its age in seconds.
        age: Seconds,
        /// The life that every worker gets, in seconds.
        minimum: Seconds,
    },
    /// No job waits and contact with the worker is lost (coalition).
    WorkerTimeout {
        /// Its age in seconds.
        age: Seconds,
        /// The life that every worker gets, in seconds.
        minimum: Seconds,
    },
    /// Waiting jobs fit in no room that is there or on its way (ClassAd engine).
    Jobs {
        /// Number of jobs that the machines are launched for.
        jobs: u64,
        /// Time since which the longest waiting of them waits.
        oldest: Seconds,
    },
    /// Fewer machines without work than are kept ready (ClassAd engine).
    MinIdle {
        /// Number of machines that are kept ready.
        minimum: u64,
        /// Number of machines without work.
        idle: u64,
    },
    /// Waiting jobs fit on draining machines (ClassAd engine).
    DemandReturned {
        /// Number of jobs.
        jobs: u64,
    },
    /// A machine that should have been drained without a claim has one (ClassAd engine).
    ClaimedAgain,
    /// More machines than the maximum, which was lowered.
    AboveMaximum {
        /// The maximum.
        maximum: u64,
        /// Number of machines that serve.
        serving: u64,
    },
    /// More machines of a kind than its maximum, which was lowered.
    AboveMaximumOfKind {
        /// The kind.
        kind: Arc<str>,
        /// Its maximum.
        maximum: u64,
        /// Number of its machines that serve.
        serving: u64,
    },
    /// The machines cost more than an hour may, which was lowered.
    AboveHourlyBudget {
        /// What an hour may cost.
        budget: Money,
        /// The price of the machines that serve.
        committed: Money,
    },
    /// The budget is spent.
    BudgetSpent {
        /// The budget.
        budget: Money,
        /// What the fleet has cost.
        spent: Money,
    },
    /// A drain of ours is complete: a fresh reading shows no claim (ClassAd engine).
    Drained,
    /// A machine that had joined is missing from the pool for too long (ClassAd engine).
    Lost {
        /// Time for which it is missing, in seconds.
        missing: Seconds,
        /// The time that is allowed, in seconds.
        allowed: Seconds,
    },
    /// The user's program decided it (command).
    Program {
        /// The reason that it gave.
        text: String,
    },
    /// The machine's lease cannot be renewed and ends soon.
    EndsSoon {
        /// The end of the lease.
        ends_at: Seconds,
    },
    /// A person asked for it.
    Requested,
    /// The fleet is to end.
    Stopped,
}

impl Reason {
    /// Whether a machine that is ended for it did not come up, or stopped working: its offer or its image may be to
    /// blame.
    pub fn is_failure(&self) -> bool {
        matches!(
            self,
            Reason::Error { .. }
                | Reason::NeverJoined { .. }
                | Reason::Unhealthy { .. }
                | Reason::WorkerStarting { .. }
                | Reason::WorkerTimeout { .. }
                | Reason::Lost { .. }
        )
    }

    /// Whether it is void as soon as the machine has a job.
    pub fn is_of_idle(&self) -> bool {
        matches!(self, Reason::Idle { .. } | Reason::WorkerIdle { .. } | Reason::NeverJoined { .. } | Reason::Drained)
    }

    /// Returns the word of the recorded traces. None for a start by coalition, whose traces give none.
    pub fn word(&self) -> Option<&'static str> {
        Some(match self {
            Reason::Queue { .. } | Reason::HighWater { .. } | Reason::Jobs { .. } => "queue",
            Reason::Min { .. } => "min",
            Reason::Error { .. } => "error",
            Reason::Idle { .. } | Reason::WorkerIdle { .. } => "idle",
            Reason::NeverJoined { .. } => "never_joined",
            Reason::Unique { .. } => "unique",
            Reason::UniqueRemoved { .. } => "unique_removed",
            Reason::PreserveN { .. } => "preserve_n",
            Reason::Surplus { .. } => "surplus",
            Reason::Unhealthy { .. } => "unhealthy",
            Reason::LowWater { .. } => "low_water",
            Reason::WorkerStarting { .. } => "starting",
            Reason::WorkerTimeout { .. } => "timeout",
            Reason::MinIdle { .. } => "min_idle",
            Reason::DemandReturned { .. } => "demand_returned",
            Reason::ClaimedAgain => "claimed_again",
            Reason::AboveMaximum { .. } | Reason::AboveMaximumOfKind { .. } => "max",
            Reason::BudgetSpent { .. } | Reason::AboveHourlyBudget { .. } => "budget",
            Reason::Drained => "drained",
            Reason::Lost { .. } => "lost",
            Reason::Program { .. } => "program",
            Reason::EndsSoon { .. } => "ends_soon",
            Reason::Requested => "requested",
            Reason::Stopped => "stopped",
            Reason::WaitingJobs { .. } => return None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn growth_by_queue_has_one_word_for_both_families() {
        let elastiq = Reason::Queue { waiting: 8, coming: 0, jobs_per_machine: 4, since: 60 };
        let queuelen = Reason::HighWater { length: 51, mark: 50, machines: 1 };
        assert_eq!((elastiq.word(), queuelen.word()), (Some("queue"), Some("queue")));
    }

    #[test]
    fn reason_round_trips_with_its_numbers() {
        let reason = Reason::Idle { idle: 615, allowed: 600 };
        let text = serde_json::to_string(&reason).unwrap();
        assert_eq!(text, r#"{"rule":"idle","idle":615,"allowed":600}"#);
        assert_eq!(serde_json::from_str::<Reason>(&text).unwrap(), reason);
    }
}
