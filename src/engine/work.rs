//! The work behind each action, as futures that own what they need.

use std::collections::HashMap;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::backoff::Backoff;
use super::driver::Outcome;
use super::event::{Change, Failure, ProgramKind, Stage};
use super::host::{Host, HostError};
use super::insist::{HOST_PATIENCE, insist};
use super::program::{Ended, Staged, Told};
use super::removal::Removal;
use super::store::ProgramOutput;

/// The first and the longest pause before a host that did not answer is asked again.
const REACH_PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// What a service leaves on a host that stays.
pub(super) struct Traces {
    /// Where.
    pub(super) host: Arc<dyn Host>,
    /// Its stage directory, which may be outside of what the host calls hoist's own.
    pub(super) stage: PathBuf,
}

impl Outcome {
    fn of(position: usize, change: Change) -> Self {
        Self { changes: vec![(position, change)], ..Self::default() }
    }
}

/// Waits until the host answers, at most `timeout`.
pub(super) async fn reach(position: usize, host: Arc<dyn Host>, address: String, timeout: Duration) -> Outcome {
    let give_up = Instant::now() + timeout;
    let mut backoff = Backoff::new(REACH_PAUSE.0, REACH_PAUSE.1, &address);
    let mut last = String::from("it does not answer");
    loop {
        let error = match tokio::time::timeout_at(give_up, host.reach()).await {
            Ok(Ok(reached)) => {
                let outcome = Outcome::of(position, Change::Reachable { address });
                return Outcome { notes: reached.notes, ..outcome };
            }
            Ok(Err(error)) => error,
            Err(_) => {
                let reason = format!("{address} was not ready after {} s: {last}", timeout.as_secs());
                let failure =
                    Failure::new(Stage::Reach, reason).hint(Some("a longer `timeout` in the plan waits longer"));
                return Outcome::of(position, Change::Failed { failure });
            }
        };
        match error {
            HostError::Unreachable(reason) => last = reason,
            HostError::Gone(reason) => return Outcome::of(position, Change::Lost { reason }),
            HostError::Failed(reason) => {
                return Outcome::of(position, Change::Failed { failure: Failure::new(Stage::Reach, reason) });
            }
        }
        sleep(backoff.pause()).await;
    }
}

/// Runs a program; what it prints is told as it ends.
pub(super) async fn program(
    position: usize,
    staged: Staged,
    host: Arc<dyn Host>,
    optional: bool,
    told: mpsc::UnboundedSender<Outcome>,
) -> Outcome {
    let kind = staged.kind;
    let service = staged.service().to_owned();
    let tell = |telling| {
        let outcome = match telling {
            Told::Output(finished) => Outcome {
                outputs: vec![ProgramOutput {
                    service: service.clone(),
                    program: kind,
                    at: Timestamp::UNIX_EPOCH,
                    outcome: finished.outcome,
                    seconds: finished.took.as_secs_f64(),
                    text: finished.output,
                }],
                ..Outcome::default()
            },
            Told::Retried(_) if kind == ProgramKind::Terminate => return,
            Told::Retried(failure) => Outcome::of(position, Change::ProgramRetried { program: kind, failure }),
        };
        // The driver outlives its work; when it is gone, there is nobody to tell.
        let _ = told.send(outcome);
    };
    let change = match (staged.carry_out(host, tell).await, kind) {
        (Ended::Well(output), ProgramKind::Boot) => Change::Booted { output },
        (Ended::Well(_), ProgramKind::Ready) => Change::Ready { degraded: None },
        (Ended::Well(_), ProgramKind::Terminate) => Change::TerminateProgramEnded { failure: None },
        (Ended::Badly(failure), ProgramKind::Ready) if optional => Change::Ready { degraded: Some(failure.reason) },
        (Ended::Badly(failure), kind) => program_failed(kind, failure),
        // A machine that is gone needs no farewell.
        (Ended::Gone(_), ProgramKind::Terminate) => Change::TerminateProgramEnded { failure: None },
        (Ended::Gone(reason), _) => Change::Lost { reason },
    };
    Outcome::of(position, change)
}

/// What the failure of a program means: a terminate program's never keeps the machine alive.
pub(super) fn program_failed(kind: ProgramKind, failure: Failure) -> Change {
    match kind {
        ProgramKind::Boot | ProgramKind::Ready => Change::Failed { failure },
        ProgramKind::Terminate => Change::TerminateProgramEnded { failure: Some(failure) },
    }
}

/// Lets go of what stays of services that have a machine, then removes their machines.
pub(super) async fn remove(removal: Removal, left: Vec<(usize, Traces)>) -> Outcome {
    let mut failures = HashMap::new();
    for (position, traces) in left {
        if let Err(reason) = let_go(traces).await {
            failures.insert(position, Failure::new(Stage::Terminate, reason));
        }
    }
    let mut changes = removal.carry_out().await;
    for (position, change) in &mut changes {
        if let (Change::Terminated, Some(failure)) = (&change, failures.remove(position)) {
            *change = Change::TerminateFailed { failure };
        }
    }
    Outcome { changes, ..Outcome::default() }
}

/// Lets go of a service that has no machine of its own.
pub(super) async fn release(position: usize, traces: Option<Traces>) -> Outcome {
    let change = match traces {
        None => Change::Terminated,
        Some(traces) => match let_go(traces).await {
            Ok(()) => Change::Terminated,
            Err(reason) => Change::TerminateFailed { failure: Failure::new(Stage::Terminate, reason) },
        },
    };
    Outcome::of(position, change)
}

/// Removes a service's directory from a host, ends what runs there on its behalf, and removes what is left of it.
async fn let_go(traces: Traces) -> Result<(), String> {
    let Traces { host, stage } = traces;
    let gone = match insist(HOST_PATIENCE, Duration::ZERO, || host.remove(&stage)).await {
        Ok(()) => insist(HOST_PATIENCE, Duration::ZERO, || host.release()).await,
        failed => failed,
    };
    match gone {
        Ok(()) | Err(HostError::Gone(_)) => Ok(()),
        Err(error) => Err(format!("could not clean up after it: {error}")),
    }
}
