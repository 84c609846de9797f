use super::super::reason_sentence;
use super::show_all;
use crate::elastic::engine::{Health, MachineState, Money, Reason};

const DOLLAR: Money = Money::from_millionths(1_000_000);

#[test]
fn every_reason_has_its_sentence() {
    show_all(
        "rule",
        reason_sentence,
        &[
            (
                Reason::Queue { waiting: 8, coming: 1, jobs_per_machine: 4, since: 600 },
                "8 jobs waited, more than the 1 worker on the way would take (4 jobs each), since <600>",
            ),
            (Reason::Min { minimum: 2, running: 1, coming: 0 }, "the minimum is 2; 1 served and 0 were on the way"),
            (Reason::Min { minimum: 3, running: 0, coming: 1 }, "the minimum is 3; 0 served and 1 was on the way"),
            (Reason::Error { failed: 2 }, "2 workers had failed at the cloud and had to be replaced"),
            (Reason::Idle { idle: 615, allowed: 300 }, "without a job for 10 m 15 s; 5 m 00 s are allowed (idle)"),
            (
                Reason::NeverJoined { allowed: 1200 },
                "not seen in the pool within 20 m 00 s of the launch (deploy_time)",
            ),
            (Reason::Unique { slot: "head".into() }, "nothing filled the unique slot \"head\""),
            (Reason::UniqueRemoved { slot: "head".into() }, "the unique slot \"head\" is no longer in the fleet file"),
            (Reason::PreserveN { wanted: 3, valid: 1 }, "3 workers are to be kept beside the unique slots; 1 healthy"),
            (Reason::PreserveN { wanted: 1, valid: 0 }, "1 worker is to be kept beside the unique slots; 0 healthy"),
            (
                Reason::Surplus { wanted: 3, valid: 4 },
                "only 3 workers are to be kept beside the unique slots; 4 healthy",
            ),
            (
                Reason::Unhealthy { state: MachineState::Running, health: Health::Missing },
                "running at the cloud, and its heartbeats stay away",
            ),
            (
                Reason::HighWater { length: 1, mark: 2, machines: 0 },
                "1 job waited and there was no worker; the first one does not wait for the high mark of 2",
            ),
            (
                Reason::HighWater { length: 51, mark: 50, machines: 1 },
                "the queue's length was 51, above the high mark of 50, with 1 worker",
            ),
            (
                Reason::LowWater { length: 3, mark: 10, machines: 4 },
                "the queue's length was 3, below the low mark of 10, with 4 workers",
            ),
            (
                Reason::WaitingJobs { waiting: 9, workers: 2, maximum: 5 },
                "9 jobs waited and 2 workers counted against them; the maximum is 5",
            ),
            (
                Reason::WaitingJobs { waiting: 1, workers: 1, maximum: 1 },
                "1 job waited and 1 worker counted against it; the maximum is 1",
            ),
            (
                Reason::WorkerIdle { age: 1200, minimum: 900 },
                "no job waited and it had none; it was 20 m 00 s old, and each lives at least 15 m 00 s",
            ),
            (
                Reason::WorkerStarting { age: 1200, minimum: 900 },
                "no job waited and it had not come up in 20 m 00 s; each gets at least 15 m 00 s",
            ),
            (
                Reason::WorkerTimeout { age: 1200, minimum: 900 },
                "no job waited and contact with it was lost; it was 20 m 00 s old, and each lives at least 15 m 00 s",
            ),
            (
                Reason::Jobs { jobs: 10, oldest: 600 },
                "10 jobs fitted in no room that was there or on the way; the longest has waited since <600>",
            ),
            (Reason::MinIdle { minimum: 2, idle: 0 }, "2 workers without work are kept ready (min_idle); there were 0"),
            (Reason::MinIdle { minimum: 1, idle: 1 }, "1 worker without work is kept ready (min_idle); there was 1"),
            (Reason::DemandReturned { jobs: 1 }, "1 waiting job fits on workers that were draining"),
            (Reason::ClaimedAgain, "it was to be drained only without a claim, and has one"),
            (Reason::AboveMaximum { maximum: 6, serving: 8 }, "the maximum is 6 and 8 served"),
            (
                Reason::AboveMaximumOfKind { kind: "big".into(), maximum: 1, serving: 2 },
                "the maximum of big is 1 and 2 served",
            ),
            (
                Reason::AboveHourlyBudget { budget: DOLLAR.times(2), committed: DOLLAR.times(5) },
                "the workers cost $5.00 an hour, and $2.00 are allowed",
            ),
            (
                Reason::BudgetSpent { budget: DOLLAR.times(40), spent: DOLLAR.times(41) },
                "the budget of $40.00 is spent: $41.00 so far",
            ),
            (Reason::Program { text: "monday".into() }, "your program says: monday"),
            (Reason::Program { text: String::new() }, "your program decided it, and gave no reason"),
            (Reason::EndsSoon { ends_at: 600 }, "its lease cannot be renewed and ends at <600>"),
            (Reason::Requested, "a person asked for it (`hoist elastic drain`)"),
            (Reason::Stopped, "the fleet is to end (`hoist elastic stop`)"),
            (Reason::Drained, "its drain was complete: a fresh reading of the pool showed no claim"),
            (
                Reason::Lost { missing: 1200, allowed: 900 },
                "it had joined and was missing from the pool for 20 m 00 s; 15 m 00 s are allowed",
            ),
        ],
    );
}
