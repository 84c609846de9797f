//! The work of each action, as futures that own their input.

use std::collections::HashMap;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::mpsc;

use super::action::Action;
use super::event::ServiceEvent;
use super::failure::Failure;
use super::host_cleanup::HostCleanup;
use super::host_retry::WaitReporter;
use super::prepared_program::PreparedProgram;
use super::run_program::{ProgramProgress, ProgramResult, run_program};
use super::store::ProgramOutput;
use super::task_result::TaskResult;
use super::terminate::Termination;
use crate::plan::ProgramKind;
use crate::provider::Host;

/// Runs a program; reports the output of each try as it ends.
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
        // The driver outlives its tasks; when it is gone, no one is left to tell.
        let _ = told.send(outcome);
    };
    let change = match (run_program(staged, host, tell).await, kind) {
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
        // A machine that is gone needs no terminate program.
        (ProgramResult::HostGone(_), ProgramKind::Terminate) => ServiceEvent::TerminateProgramEnded { failure: None },
        (ProgramResult::HostGone(reason), _) => ServiceEvent::Lost { reason },
    };
    TaskResult::of(position, change)
}

/// Returns the event of a program's failure: a terminate program that failed counts as ended.
pub(super) fn program_failed(kind: ProgramKind, failure: Failure) -> ServiceEvent {
    match kind {
        ProgramKind::Boot | ProgramKind::Ready => ServiceEvent::Failed { failure },
        ProgramKind::Terminate => ServiceEvent::TerminateProgramEnded { failure: Some(failure) },
    }
}

/// Cleans up the hosts that stay, for services with an instance, then removes their instances.
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

/// Cleans up after a service that has no instance of its own.
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
