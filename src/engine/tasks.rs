//! The work behind each action, as futures that own what they need.

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use tokio::sync::mpsc;
use tokio::time::{Instant, sleep};

use super::action::Action;
use super::event::{Failure, ServiceEvent, Stage};
use super::host_cleanup::HostCleanup;
use super::retry::WaitReporter;
use super::run_program::{PreparedProgram, ProgramProgress, ProgramResult};
use super::store::ProgramOutput;
use super::task_result::TaskResult;
use super::terminate::Termination;
use super::waits::Waits;
use crate::plan::ProgramKind;
use crate::provider::{Complaint, Host, HostError};
use crate::retry::Backoff;

/// The first and the longest pause before a host that did not answer is asked again.
const REACH_PAUSE: (Duration, Duration) = (Duration::from_millis(100), Duration::from_secs(5));

/// Waits until the host answers, at most `timeout`; tells of it meanwhile.
pub(super) async fn reach(teller: WaitReporter, host: Arc<dyn Host>, address: String, timeout: Duration) -> TaskResult {
    let position = teller.position;
    let give_up = Instant::now() + timeout;
    let mut waits = Waits::new();
    let mut backoff = Backoff::new(REACH_PAUSE.0, REACH_PAUSE.1, &address);
    let mut last = Complaint::from("it does not answer");
    loop {
        let error = match tokio::time::timeout_at(give_up, host.reach()).await {
            Ok(Ok(reached)) => {
                let outcome = TaskResult::of(position, ServiceEvent::Reachable { address });
                return TaskResult { notes: reached.notes, ..outcome };
            }
            Ok(Err(error)) => error,
            Err(_) => {
                let reason = format!("{address} was not ready after {} s: {last}", timeout.as_secs());
                let longer = "a longer `timeout` in the plan waits longer";
                let hint = last.hint.map_or_else(|| longer.to_owned(), |hint| format!("{hint}; {longer}"));
                let failure = Failure::new(Stage::Reach, reason).hint(Some(hint));
                return TaskResult::of(position, ServiceEvent::Failed { failure });
            }
        };
        match error {
            HostError::Unreachable(complaint) => {
                if let Some(wait) = waits.failed(&complaint, Some(give_up)) {
                    teller.tell(wait);
                }
                last = complaint;
            }
            HostError::Gone(complaint) => {
                return TaskResult::of(position, ServiceEvent::Lost { reason: complaint.reason });
            }
            HostError::Failed(complaint) if complaint.ours => {
                let failure = Failure::new(Stage::Reach, complaint.reason).hint(complaint.hint);
                return TaskResult { held_up: vec![(Action::Reach(position), failure)], ..TaskResult::default() };
            }
            HostError::Failed(_) => {
                let failure = Failure::of_host(Stage::Reach, error);
                return TaskResult::of(position, ServiceEvent::Failed { failure });
            }
        }
        sleep(backoff.pause()).await;
    }
}

/// Runs a program; what it prints is told as it ends.
pub(super) async fn program(
    position: usize,
    staged: PreparedProgram,
    host: Arc<dyn Host>,
    optional: bool,
    told: mpsc::UnboundedSender<TaskResult>,
) -> TaskResult {
    let kind = staged.kind;
    let service = staged.service().to_owned();
    let staged = staged.telling(WaitReporter { position, told: told.clone() });
    let tell = |telling| {
        let outcome = match telling {
            ProgramProgress::Output(finished) => TaskResult {
                outputs: vec![ProgramOutput {
                    service: service.clone(),
                    program: kind,
                    at: Timestamp::UNIX_EPOCH,
                    outcome: finished.outcome,
                    seconds: finished.took.as_secs_f64(),
                    text: finished.output,
                }],
                ..TaskResult::default()
            },
            ProgramProgress::Note(note) => {
                TaskResult { notes: vec![format!("{service}: {note}")], ..TaskResult::default() }
            }
            ProgramProgress::Retried(_) if kind == ProgramKind::Terminate => return,
            ProgramProgress::Retried(failure) => {
                TaskResult::of(position, ServiceEvent::ProgramRetried { program: kind, failure })
            }
        };
        // The driver outlives its work; when it is gone, there is nobody to tell.
        let _ = told.send(outcome);
    };
    let change = match (staged.carry_out(host, tell).await, kind) {
        (ProgramResult::Succeeded(output), ProgramKind::Boot) => ServiceEvent::Booted { output },
        (ProgramResult::Succeeded(_), ProgramKind::Ready) => ServiceEvent::Ready { degraded: None },
        (ProgramResult::Succeeded(_), ProgramKind::Terminate) => ServiceEvent::TerminateProgramEnded { failure: None },
        (ProgramResult::Failed(failure), ProgramKind::Ready) if optional => {
            ServiceEvent::Ready { degraded: Some(failure.reason) }
        }
        (ProgramResult::Failed(failure), kind) => program_failed(kind, failure),
        (ProgramResult::HeldUp(failure), kind) => {
            let held_up = vec![(Action::of_program(kind, position), failure)];
            return TaskResult { held_up, ..TaskResult::default() };
        }
        // A machine that is gone needs no farewell.
        (ProgramResult::HostGone(_), ProgramKind::Terminate) => ServiceEvent::TerminateProgramEnded { failure: None },
        (ProgramResult::HostGone(reason), _) => ServiceEvent::Lost { reason },
    };
    TaskResult::of(position, change)
}

/// What the failure of a program means: a terminate program's never keeps the machine alive.
pub(super) fn program_failed(kind: ProgramKind, failure: Failure) -> ServiceEvent {
    match kind {
        ProgramKind::Boot | ProgramKind::Ready => ServiceEvent::Failed { failure },
        ProgramKind::Terminate => ServiceEvent::TerminateProgramEnded { failure: Some(failure) },
    }
}

/// Lets go of what stays of services that have a machine, then removes their machines.
pub(super) async fn remove(removal: Termination, left: Vec<(usize, HostCleanup)>) -> TaskResult {
    let mut failures = HashMap::new();
    for (position, traces) in left {
        if let Err(failure) = traces.carry_out().await {
            failures.insert(position, failure);
        }
    }
    removal.carry_out(failures).await;
    TaskResult::default()
}

/// Lets go of a service that has no machine of its own.
pub(super) async fn release(position: usize, traces: Option<HostCleanup>) -> TaskResult {
    let change = match traces {
        None => ServiceEvent::Terminated,
        Some(traces) => match traces.carry_out().await {
            Ok(()) => ServiceEvent::Terminated,
            Err(failure) => ServiceEvent::TerminateFailed { failure },
        },
    };
    TaskResult::of(position, change)
}
