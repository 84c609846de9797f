use super::words::{length, time};
use crate::diagnostics::{agreeing, counted};
use crate::elastic::engine::{Health, MachineState, Reason};

/// Says why a decision was made, as the rest of a sentence that ends with "because".
pub fn reason_sentence(reason: &Reason) -> String {
    match reason {
        Reason::Queue { waiting, coming, jobs_per_machine, since } => format!(
            "{} waited, more than the {} on the way would take ({} each), since {}",
            counted(*waiting, "job"),
            counted(*coming, "worker"),
            counted(*jobs_per_machine, "job"),
            time(*since)
        ),
        Reason::Min { minimum, running, coming } => {
            let were = agreeing(*coming, "was", "were");
            format!("the minimum is {minimum}; {running} served and {coming} {were} on the way")
        }
        Reason::Error { failed } => {
            format!("{} had failed at the cloud and had to be replaced", counted(*failed, "worker"))
        }
        Reason::Idle { idle, allowed } => {
            format!("without a job for {}; {} are allowed (idle)", length(*idle), length(*allowed))
        }
        Reason::NeverJoined { allowed } => {
            format!("not seen in the pool within {} of the launch (deploy_time)", length(*allowed))
        }
        Reason::Unique { slot } => format!("nothing filled the unique slot \"{slot}\""),
        Reason::UniqueRemoved { slot } => format!("the unique slot \"{slot}\" is no longer in the fleet file"),
        Reason::PreserveN { wanted, valid } => {
            format!("{} to be kept beside the unique slots; {valid} healthy", are(*wanted))
        }
        Reason::Surplus { wanted, valid } => {
            format!("only {} to be kept beside the unique slots; {valid} healthy", are(*wanted))
        }
        Reason::Unhealthy { state, health } => {
            format!("{} at the cloud, {}", state_words(*state), health_words(*health))
        }
        // The engine launches the first worker for any length.
        Reason::HighWater { length, mark, machines: 0 } if length <= mark => format!(
            "{} waited and there was no worker; the first one does not wait for the high mark of {mark}",
            counted(*length, "job")
        ),
        Reason::HighWater { length, mark, machines } => format!(
            "the queue's length was {length}, above the high mark of {mark}, with {}",
            counted(*machines, "worker")
        ),
        Reason::LowWater { length, mark, machines } => {
            format!(
                "the queue's length was {length}, below the low mark of {mark}, with {}",
                counted(*machines, "worker")
            )
        }
        Reason::WaitingJobs { waiting, workers, maximum } => format!(
            "{} waited and {} counted against {}; the maximum is {maximum}",
            counted(*waiting, "job"),
            counted(*workers, "worker"),
            agreeing(*waiting, "it", "them")
        ),
        Reason::WorkerIdle { age, minimum } => format!(
            "no job waited and it had none; it was {} old, and each lives at least {}",
            length(*age),
            length(*minimum)
        ),
        Reason::WorkerStarting { age, minimum } => {
            format!("no job waited and it had not come up in {}; each gets at least {}", length(*age), length(*minimum))
        }
        Reason::WorkerTimeout { age, minimum } => format!(
            "no job waited and contact with it was lost; it was {} old, and each lives at least {}",
            length(*age),
            length(*minimum)
        ),
        Reason::Jobs { jobs, oldest } => format!(
            "{} fitted in no room that was there or on the way; the longest has waited since {}",
            counted(*jobs, "job"),
            time(*oldest)
        ),
        Reason::MinIdle { minimum, idle } => {
            let workers = counted(*minimum, "worker");
            let (are, were) = (agreeing(*minimum, "is", "are"), agreeing(*idle, "was", "were"));
            format!("{workers} without work {are} kept ready (min_idle); there {were} {idle}")
        }
        Reason::DemandReturned { jobs } => {
            format!(
                "{} {} on workers that were draining",
                counted(*jobs, "waiting job"),
                agreeing(*jobs, "fits", "fit")
            )
        }
        Reason::ClaimedAgain => "it was to be drained only without a claim, and has one".to_owned(),
        Reason::AboveMaximum { maximum, serving } => format!("the maximum is {maximum} and {serving} served"),
        Reason::AboveMaximumOfKind { kind, maximum, serving } => {
            format!("the maximum of {kind} is {maximum} and {serving} served")
        }
        Reason::AboveHourlyBudget { budget, committed } => {
            format!("the workers cost ${committed} an hour, and ${budget} are allowed")
        }
        Reason::BudgetSpent { budget, spent } => format!("the budget of ${budget} is spent: ${spent} so far"),
        Reason::Program { text } if text.is_empty() => "your program decided it, and gave no reason".to_owned(),
        Reason::Program { text } => format!("your program says: {text}"),
        Reason::EndsSoon { ends_at } => {
            format!("its lease cannot be renewed and ends at {}", time(*ends_at))
        }
        Reason::Requested => "a person asked for it (`hoist elastic drain`)".to_owned(),
        Reason::Stopped => "the fleet is to end (`hoist elastic stop`)".to_owned(),
        Reason::Drained => "its drain was complete: a fresh reading of the pool showed no claim".to_owned(),
        Reason::Lost { missing, allowed } => format!(
            "it had joined and was missing from the pool for {}; {} are allowed",
            length(*missing),
            length(*allowed)
        ),
    }
}

/// Counts workers as the subject of a sentence: `1 worker is`, `2 workers are`.
fn are(workers: i64) -> String {
    format!("{} {}", counted(workers, "worker"), agreeing(workers, "is", "are"))
}

fn state_words(state: MachineState) -> &'static str {
    match state {
        MachineState::Requesting => "asked for",
        MachineState::Pending => "pending",
        MachineState::Running => "running",
        MachineState::Error => "in error",
        MachineState::Draining => "draining",
        MachineState::Terminating => "on its way down",
        MachineState::Gone => "gone",
    }
}

fn health_words(health: Health) -> &'static str {
    match health {
        Health::Unknown => "without heartbeats to judge by",
        Health::Ok => "with heartbeats in order",
        Health::ProcessError => "and its heartbeats report a failed process",
        Health::Missing => "and its heartbeats stay away",
        Health::Zombie => "and heartbeats still arrive though it should be gone",
    }
}
