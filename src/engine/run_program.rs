//! Carries out a program: puts its files on the host, runs it, retries it where that is allowed, reads its output file.
//!
//! The protocol is cloudinit.d's: the stage directory, `bootconf.json`, `bootenv.sh`, `bootout.json`, tarballs with
//! `run.sh`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::boot_output::boot_output;
use super::failure::{Failure, ProgramFailure, Stage};
use super::host_retry::retry_unreachable;
use super::output_tail::tail;
use super::phase::ProgramExecution;
use super::prepared_program::PreparedProgram;
use super::start_failure::without_interpreter;
use crate::plan::{Notation, ProgramKind};
use crate::provider::{Complaint, CompletedProcess, ExitOutcome, Host, HostError, Task};

/// The largest `bootout.json`, in bytes.
const BOOT_OUTPUT_LIMIT: usize = 1024 * 1024;

/// The pause before a program is retried: most services need a moment to come up.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// The result of a program after all its tries.
pub(super) enum ProgramResult {
    /// Exit code 0, with the attributes that a boot program wrote.
    Succeeded(BTreeMap<String, String>),
    /// Every try failed.
    Failed(Failure),
    /// It could not begin for a local reason, which says nothing about the service.
    HeldUp(Failure),
    /// The machine is gone.
    HostGone(String),
}

/// The reports of a running program.
pub(super) enum ProgramProgress {
    /// This try ended, with this output.
    Output(CompletedProcess),
    /// This try failed, and another one follows.
    Retried(ProgramFailure),
    /// A note for a person.
    Note(String),
}

/// Runs the program to its end, and reports each try. A try is named by its number, so a try whose report came too late
/// to be recorded is found again on the host, not repeated.
///
/// No secret leaves here: reports are masked before they are cut to their last lines, since a part of a secret is not
/// found again.
pub(super) async fn run_program(
    program: PreparedProgram,
    host: Arc<dyn Host>,
    tell: impl Fn(ProgramProgress),
) -> ProgramResult {
    let mask = program.mask.clone();
    match (ProgramRun { program, host }).run_to_its_end(tell).await {
        ProgramResult::Succeeded(output) => ProgramResult::Succeeded(mask.pairs(output)),
        ProgramResult::Failed(failure) => ProgramResult::Failed(mask.failure(failure)),
        ProgramResult::HeldUp(failure) => ProgramResult::HeldUp(mask.failure(failure)),
        ProgramResult::HostGone(reason) => ProgramResult::HostGone(mask.said(&reason)),
    }
}

/// A program on its host; its execution is the current try.
struct ProgramRun {
    program: PreparedProgram,
    host: Arc<dyn Host>,
}

impl ProgramRun {
    fn stage(&self) -> Stage {
        Stage::from(self.program.kind)
    }

    async fn run_to_its_end(mut self, tell: impl Fn(ProgramProgress)) -> ProgramResult {
        let stage = self.stage();
        let mut task = self.task();
        loop {
            task.key = self.key();
            let PreparedProgram { patience, timeout, .. } = &self.program;
            let done = match retry_unreachable(patience, *timeout, || self.host.carry_out(&task)).await {
                Ok(done) => done,
                Err(HostError::Failed(complaint)) if !complaint.kept_out && !complaint.ours => {
                    let error = HostError::Failed(complaint);
                    let ended = self.host_failed(stage, error);
                    return self.explained(ended).await;
                }
                // A host that does not answer is not asked why a program did not start.
                Err(error) => return self.host_failed(stage, error),
            };
            let finished = self.program.mask.finished(done.finished);
            let outcome = finished.outcome;
            let failure = ProgramFailure {
                name: self.program.name.clone(),
                outcome,
                tail: tail(&finished.output),
                took: finished.took,
            };
            tell(ProgramProgress::Output(finished));
            if outcome.success() {
                return self.ended_well(done.result, &tell);
            }
            if self.program.execution.failed_tries >= self.program.retries {
                let failure = self.failure(stage, failure);
                return match outcome {
                    ExitOutcome::Exit(126 | 127) => self.explained(ProgramResult::Failed(failure)).await,
                    _ => ProgramResult::Failed(failure),
                };
            }
            tell(ProgramProgress::Retried(failure));
            self.program.execution.failed_tries += 1;
            // The files are on the host already.
            task.files.clear();
            task.archive = None;
            sleep(RETRY_PAUSE).await;
        }
    }

    fn ended_well(&self, output: Option<Result<Vec<u8>, String>>, tell: impl Fn(ProgramProgress)) -> ProgramResult {
        let Some(output) = output else { return ProgramResult::Succeeded(BTreeMap::new()) };
        let reason = match output.map(|bytes| boot_output(&bytes)) {
            Ok(Ok(output)) => {
                return ProgramResult::Succeeded(output);
            }
            Ok(Err(error)) => format!("{} wrote a bootout.json that is not a JSON object: {error}", self.program.name),
            Err(reason) => format!("the bootout.json of {} cannot be read: {reason}", self.program.name),
        };
        self.without_output(Failure::new(self.stage(), reason), tell)
    }

    /// Returns the task of the first try on the host.
    fn task(&mut self) -> Task {
        let archive = Task::folder(&self.program.name).map(|_| self.program.name.clone());
        let program = match Task::folder(&self.program.name) {
            Some(folder) => Path::new(folder).join("run.sh"),
            None => PathBuf::from(&self.program.name),
        };
        Task {
            service: self.program.service.clone(),
            kind: self.program.kind,
            key: self.key(),
            files: std::mem::take(&mut self.program.stage_files),
            archive,
            program,
            args: self.program.args.clone(),
            environment: self.program.environment.clone(),
            timeout: self.program.timeout,
            result: (self.program.kind == ProgramKind::Boot).then(|| ("bootout.json".to_owned(), BOOT_OUTPUT_LIMIT)),
        }
    }

    fn key(&self) -> String {
        let ProgramExecution { announced, failed_tries } = self.program.execution;
        format!("{}/{}/{announced}.{failed_tries}/run", self.program.service, self.program.kind)
    }

    fn failure(&self, stage: Stage, program: ProgramFailure) -> Failure {
        let tries = self.program.execution.failed_tries + 1;
        let times = if tries > 1 { format!(", {tries} times") } else { String::new() };
        let reason = match program.outcome {
            ExitOutcome::Exit(code) => format!("{} ended with exit code {code}{times}", self.program.name),
            ExitOutcome::Signal(signal) => format!("{} was killed by signal {signal}{times}", self.program.name),
            ExitOutcome::TimedOut => {
                format!(
                    "{} was stopped at its time limit of {} s{times}",
                    self.program.name,
                    self.program.timeout.as_secs_f64()
                )
            }
        };
        let hint = match program.outcome {
            ExitOutcome::TimedOut => Some("if it needs longer, give it a longer `timeout`"),
            ExitOutcome::Exit(126 | 127) => Some("does its first line name an interpreter that the host has?"),
            _ => None,
        };
        Failure { program: Some(Box::new(program)), ..Failure::new(stage, reason).hint(hint) }
    }

    /// Handles a boot program without readable output: in cloudinit.d's notation that is no failure, as there.
    fn without_output(&self, failure: Failure, tell: impl Fn(ProgramProgress)) -> ProgramResult {
        if self.program.notation == Notation::Cloudinitd {
            tell(ProgramProgress::Note(format!("{}; it gives the service no attributes", failure.reason)));
            return ProgramResult::Succeeded(BTreeMap::new());
        }
        ProgramResult::Failed(failure.hint(Some("it must hold one object; its keys become attributes of the service")))
    }

    /// Explains the failure of a program that could not even start.
    async fn explained(&self, ended: ProgramResult) -> ProgramResult {
        match ended {
            ProgramResult::Failed(failure) => {
                let ProgramExecution { announced, failed_tries } = self.program.execution;
                let key = format!("{}/look/{}.{announced}.{failed_tries}", self.program.service, self.program.kind);
                let failure =
                    without_interpreter(self.host.as_ref(), &self.program.source, self.program.is_here, &key, failure)
                        .await;
                // A check that could not start says nothing about the service.
                ProgramResult::Failed(Failure {
                    blind: failure.blind && self.program.kind == ProgramKind::Ready,
                    ..failure
                })
            }
            other => other,
        }
    }

    fn host_failed(&self, stage: Stage, error: HostError) -> ProgramResult {
        match error {
            HostError::Gone(complaint) => ProgramResult::HostGone(complaint.reason),
            // A host that could not be asked has an unknown state; a program that runs is another matter.
            HostError::Unreachable(complaint) if self.program.looks_only => {
                ProgramResult::Failed(not_asked(Stage::Reach, complaint))
            }
            HostError::Failed(complaint) if complaint.kept_out && self.program.kind == ProgramKind::Ready => {
                ProgramResult::Failed(Failure { blind: true, ..not_asked(stage, complaint) })
            }
            HostError::Failed(Complaint { reason, hint, ours: true, .. }) => ProgramResult::HeldUp(
                Failure::new(stage, format!("could not run {}: {reason}", self.program.name)).hint(hint),
            ),
            error => {
                // The host's message may be output of a program.
                let reason = self.program.mask.said(&error.to_string());
                let failure = Failure::new(stage, format!("could not run {}: {reason}", self.program.name));
                let hints: Vec<String> =
                    error.into_complaint().hint.into_iter().chain(self.program.way_out.clone()).collect();
                ProgramResult::Failed(failure.hint((!hints.is_empty()).then(|| hints.join("; "))))
            }
        }
    }
}

fn not_asked(stage: Stage, Complaint { reason, hint, .. }: Complaint) -> Failure {
    Failure::new(stage, format!("its host could not be asked: {reason}")).hint(hint)
}
