//! Carries out a program: puts its files on the host, runs it, tries again where that is allowed, reads what it wrote.
//!
//! The protocol is cloudinit.d's: the stage directory, `bootconf.json`, `bootenv.sh`, `bootout.json`, tarballs with
//! `run.sh`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::boot_output::boot_output;
use super::event::{Failure, ProgramFailure, Stage};
use super::host_cleanup::way_out;
use super::mask::Mask;
use super::phase::ProgramExecution;
use super::program_name::program_name;
use super::retry::{HOST_PATIENCE, RetryPolicy, WaitReporter, retry_unreachable};
use super::run::Run;
use super::secrets::Secrets;
use super::start_failure::without_interpreter;
use crate::plan::{
    Attributes, DollarTemplate, MAX_PROGRAM, Notation, Program, ProgramKind, boot_env, fill_json, is_json_config,
    read_file,
};
use crate::provider::{Complaint, CompletedProcess, Content, ExitOutcome, Host, HostError, StageFile, Task};

/// The most that a `bootout.json` may hold.
const BOOT_OUTPUT_LIMIT: usize = 1024 * 1024;

/// The last lines of a failed program that its failure keeps.
const TAIL_LINES: usize = 12;

/// The most characters of each of them: a program that prints one endless line must not fill the journal and the
/// screen.
const TAIL_WIDTH: usize = 1000;

/// The pause before a program is tried again: most services need a moment to come up.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// A program made ready to run: everything in it is expanded and read.
pub(super) struct PreparedProgram {
    pub(super) kind: ProgramKind,
    name: String,
    service: String,
    execution: ProgramExecution,
    retries: u32,
    timeout: Duration,
    args: Vec<String>,
    stage_files: Vec<StageFile>,
    patience: RetryPolicy,
    secrets: Secrets,
    mask: Mask,
    source: PathBuf,
    notation: Notation,
    is_here: bool,
    /// What a person can do where a terminate program's host never answers again.
    way_out: Option<String>,
    /// Whether somebody only wants to know how things are.
    looks_only: bool,
}

/// How a program ended, tries and all.
pub(super) enum ProgramResult {
    /// Exit code 0; for a boot program with what it wrote.
    Succeeded(BTreeMap<String, String>),
    /// Every try failed.
    Failed(Failure),
    /// It could not be begun for a reason that is on this side: that says nothing of the service.
    HeldUp(Failure),
    /// The machine is gone.
    HostGone(String),
}

/// What is told while a program runs.
pub(super) enum ProgramProgress {
    /// This try ended, with this output.
    Output(CompletedProcess),
    /// This try failed and there will be another.
    Retried(ProgramFailure),
    /// Something that a person should know.
    Note(String),
}

impl PreparedProgram {
    /// Reads and expands what the program needs. Nothing has happened yet when this fails.
    pub(super) fn prepare(
        run: &Run,
        position: usize,
        kind: ProgramKind,
        program: &Program,
        execution: ProgramExecution,
    ) -> Result<Self, Failure> {
        let service = run.service(position);
        let stage = Stage::from(kind);
        let fail = |reason: String| Failure::new(stage, reason);
        let attributes = Attributes::new(run.index(), run);
        let args = program
            .args
            .iter()
            .map(|text| attributes.expand(&service.name, text))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| fail(format!("cannot give {} its arguments: {error}", program_name(program))))?;
        let secrets = Secrets::read(run.secrets())
            .map_err(|problem| fail(problem).hint(Some("secrets are read anew by each command; set it as it was")))?;
        let name = program_name(program);
        let mut stage_files =
            vec![StageFile { name: name.clone(), content: sent(&program.file.path, stage)?, mode: 0o755 }];
        if let Some(config) = &program.config {
            let values = attributes.all(&service.name).map_err(|error| fail(error.to_string()))?;
            let text = String::from_utf8(read(&config.path, stage)?)
                .map_err(|_| fail(format!("the config template {} is not UTF-8", config.path.display())))?;
            let filled = DollarTemplate::parse(&text)
                .and_then(|template| {
                    let value_of = |name: &str| {
                        let secret = service.secrets.get(name).and_then(|source| secrets.get(source));
                        secret.or_else(|| values.get(name).map(String::as_str))
                    };
                    match is_json_config(&config.path) {
                        true => fill_json(&template, run.plan.notation(), value_of),
                        false => template.fill(value_of),
                    }
                })
                .map_err(|error| {
                    let reason = format!("{}:{}: {}", config.path.display(), error.line, error.message);
                    fail(secrets.mask_for([service]).said(&reason))
                })?;
            // Other users of the host may read it, unless it holds a secret.
            let mode = if secrets.mask().text(&filled) == filled && !names_a_secret(&filled) { 0o644 } else { 0o600 };
            // A config that is no JSON object simply has no bootenv.sh, as in cloudinit.d.
            if let Ok(env) = boot_env(&filled) {
                let content = Content::Bytes(env.script.into_bytes());
                stage_files.push(StageFile { name: "bootenv.sh".to_owned(), content, mode });
            }
            let content = Content::Bytes(filled.into_bytes());
            stage_files.push(StageFile { name: "bootconf.json".to_owned(), content, mode });
        }
        Ok(Self {
            kind,
            name,
            service: service.name.clone(),
            execution,
            retries: program.retries,
            timeout: program.timeout,
            args,
            stage_files,
            patience: RetryPolicy::of(HOST_PATIENCE),
            mask: secrets.mask_for([service]),
            secrets,
            source: program.file.path.clone(),
            notation: run.plan.notation(),
            is_here: run.plan.runs_here(service),
            way_out: (kind == ProgramKind::Terminate).then(|| way_out(&run.name, &service.name)),
            looks_only: false,
        })
    }

    /// The same as this execution.
    pub(super) fn with_execution(self, execution: ProgramExecution) -> Self {
        Self { execution, ..self }
    }

    /// The same for somebody who waits to know how things are now.
    pub(super) fn impatient(self) -> Self {
        Self { patience: RetryPolicy::of_a_look(), looks_only: true, ..self }
    }

    /// The same for somebody who goes on whatever comes of it: its host is waited for a little.
    pub(super) fn briefly(self) -> Self {
        Self { patience: RetryPolicy::of_a_look(), ..self }
    }

    /// The same; the teller tells where its host is waited for.
    pub(super) fn telling(self, teller: WaitReporter) -> Self {
        Self { patience: self.patience.clone().telling(teller), ..self }
    }

    /// The service whose program this is.
    pub(super) fn service(&self) -> &str {
        &self.service
    }

    /// What this program may know.
    pub(super) fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Runs the program to its end, telling of each try. A try is named by its number, so one that was told of too late
    /// to be recorded is found again on the host, not repeated.
    ///
    /// Nothing leaves here with a secret in it: what is told is masked before it is cut to its last lines, since a part
    /// of a secret is not found again.
    pub(super) async fn carry_out(self, host: Arc<dyn Host>, tell: impl Fn(ProgramProgress)) -> ProgramResult {
        let mask = self.mask.clone();
        match self.run_to_its_end(host, tell).await {
            ProgramResult::Succeeded(output) => ProgramResult::Succeeded(mask.pairs(output)),
            ProgramResult::Failed(failure) => ProgramResult::Failed(mask.failure(failure)),
            ProgramResult::HeldUp(failure) => ProgramResult::HeldUp(mask.failure(failure)),
            ProgramResult::HostGone(reason) => ProgramResult::HostGone(mask.said(&reason)),
        }
    }

    async fn run_to_its_end(mut self, host: Arc<dyn Host>, tell: impl Fn(ProgramProgress)) -> ProgramResult {
        let stage = Stage::from(self.kind);
        let mut task = self.task();
        loop {
            task.key = self.key();
            let done = match retry_unreachable(&self.patience, self.timeout, || host.carry_out(&task)).await {
                Ok(done) => done,
                Err(HostError::Failed(complaint)) if !complaint.kept_out && !complaint.ours => {
                    let error = HostError::Failed(complaint);
                    let ended = self.host_failed(stage, error);
                    return self.explained(host.as_ref(), ended).await;
                }
                // Who does not answer is not asked why a program did not start.
                Err(error) => return self.host_failed(stage, error),
            };
            let finished = self.mask.finished(done.finished);
            let outcome = finished.outcome;
            let failure =
                ProgramFailure { name: self.name.clone(), outcome, tail: tail(&finished.output), took: finished.took };
            tell(ProgramProgress::Output(finished));
            if outcome.success() {
                return self.ended_well(done.result, &tell);
            }
            if self.execution.failed_tries >= self.retries {
                let failure = self.failure(stage, failure);
                return match outcome {
                    ExitOutcome::Exit(126 | 127) => self.explained(host.as_ref(), ProgramResult::Failed(failure)).await,
                    _ => ProgramResult::Failed(failure),
                };
            }
            tell(ProgramProgress::Retried(failure));
            self.execution.failed_tries += 1;
            // They are there.
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
            Ok(Err(error)) => format!("{} wrote a bootout.json that is not a JSON object: {error}", self.name),
            Err(reason) => format!("the bootout.json of {} cannot be read: {reason}", self.name),
        };
        self.without_output(Failure::new(Stage::from(self.kind), reason), tell)
    }

    /// The first try on the host.
    fn task(&mut self) -> Task {
        let archive = Task::folder(&self.name).map(|_| self.name.clone());
        let program = match Task::folder(&self.name) {
            Some(folder) => Path::new(folder).join("run.sh"),
            None => PathBuf::from(&self.name),
        };
        Task {
            service: self.service.clone(),
            kind: self.kind,
            key: self.key(),
            files: std::mem::take(&mut self.stage_files),
            archive,
            program,
            args: self.args.clone(),
            timeout: self.timeout,
            result: (self.kind == ProgramKind::Boot).then(|| ("bootout.json".to_owned(), BOOT_OUTPUT_LIMIT)),
        }
    }

    fn key(&self) -> String {
        let ProgramExecution { announced, failed_tries } = self.execution;
        format!("{}/{}/{announced}.{failed_tries}/run", self.service, self.kind)
    }

    fn failure(&self, stage: Stage, program: ProgramFailure) -> Failure {
        let tries = self.execution.failed_tries + 1;
        let times = if tries > 1 { format!(", {tries} times") } else { String::new() };
        let reason = match program.outcome {
            ExitOutcome::Exit(code) => format!("{} ended with exit code {code}{times}", self.name),
            ExitOutcome::Signal(signal) => format!("{} was killed by signal {signal}{times}", self.name),
            ExitOutcome::TimedOut => {
                format!("{} was stopped at its time limit of {} s{times}", self.name, self.timeout.as_secs_f64())
            }
        };
        let hint = match program.outcome {
            ExitOutcome::TimedOut => Some("if it needs longer, give it a longer `timeout`"),
            ExitOutcome::Exit(126 | 127) => Some("does its first line name an interpreter that the host has?"),
            _ => None,
        };
        Failure { program: Some(Box::new(program)), ..Failure::new(stage, reason).hint(hint) }
    }

    /// A boot program that left no output that could be read: in cloudinit.d's notation that is no failure, as there.
    fn without_output(&self, failure: Failure, tell: impl Fn(ProgramProgress)) -> ProgramResult {
        if self.notation == Notation::Cloudinitd {
            tell(ProgramProgress::Note(format!("{}; it gives the service no attributes", failure.reason)));
            return ProgramResult::Succeeded(BTreeMap::new());
        }
        ProgramResult::Failed(failure.hint(Some("it must hold one object; its keys become attributes of the service")))
    }

    /// The same in the right words, where the program could not even start.
    async fn explained(&self, host: &dyn Host, ended: ProgramResult) -> ProgramResult {
        match ended {
            ProgramResult::Failed(failure) => {
                let ProgramExecution { announced, failed_tries } = self.execution;
                let key = format!("{}/look/{}.{announced}.{failed_tries}", self.service, self.kind);
                let failure = without_interpreter(host, &self.source, self.is_here, &key, failure).await;
                // A check that could not start says nothing of what it checks.
                ProgramResult::Failed(Failure { blind: failure.blind && self.kind == ProgramKind::Ready, ..failure })
            }
            other => other,
        }
    }

    fn host_failed(&self, stage: Stage, error: HostError) -> ProgramResult {
        match error {
            HostError::Gone(complaint) => ProgramResult::HostGone(complaint.reason),
            // Of a host that could not be asked nothing is known; a program that runs is another matter.
            HostError::Unreachable(complaint) if self.looks_only => {
                ProgramResult::Failed(not_asked(Stage::Reach, complaint))
            }
            HostError::Failed(complaint) if complaint.kept_out && self.kind == ProgramKind::Ready => {
                ProgramResult::Failed(Failure { blind: true, ..not_asked(stage, complaint) })
            }
            HostError::Failed(Complaint { reason, hint, ours: true, .. }) => {
                ProgramResult::HeldUp(Failure::new(stage, format!("could not run {}: {reason}", self.name)).hint(hint))
            }
            error => {
                // What a host says may be what a program printed.
                let reason = self.mask.said(&error.to_string());
                let failure = Failure::new(stage, format!("could not run {}: {reason}", self.name));
                let hints: Vec<String> = error.into_complaint().hint.into_iter().chain(self.way_out.clone()).collect();
                ProgramResult::Failed(failure.hint((!hints.is_empty()).then(|| hints.join("; "))))
            }
        }
    }
}

fn not_asked(stage: Stage, Complaint { reason, hint, .. }: Complaint) -> Failure {
    Failure::new(stage, format!("its host could not be asked: {reason}")).hint(hint)
}

/// Whether a configuration speaks of something that others should not read, though nobody declared it.
fn names_a_secret(text: &str) -> bool {
    let text = text.to_lowercase();
    ["passw", "passphrase", "secret", "token", "credential", "private", "api_key", "apikey", "access_key"]
        .into_iter()
        .any(|word| text.contains(word))
}

/// The file's content, which is read when it is sent: it may be large. That it can be read is tried now.
fn sent(path: &Path, stage: Stage) -> Result<Content, Failure> {
    let content = Content::File(path.to_owned());
    content.open().map_err(|error| unreadable(path, stage, &error))?;
    Ok(content)
}

fn read(path: &Path, stage: Stage) -> Result<Vec<u8>, Failure> {
    read_file(path, MAX_PROGRAM).map_err(|error| unreadable(path, stage, &error))
}

fn unreadable(path: &Path, stage: Stage, error: &std::io::Error) -> Failure {
    Failure::new(stage, format!("cannot read {}: {error}", path.display()))
        .hint(Some("a run reads its programs from the plan's folder; put the file back"))
}

fn tail(output: &str) -> Vec<String> {
    let lines: Vec<&str> = output.lines().collect();
    lines[lines.len().saturating_sub(TAIL_LINES)..].iter().map(|line| shortened(line)).collect()
}

/// The line, its middle left out where it is too long: how it begins tells what it is, and how it ends what went wrong.
fn shortened(line: &str) -> String {
    let length = line.chars().count();
    if length <= TAIL_WIDTH {
        return line.to_owned();
    }
    let half = (TAIL_WIDTH - 1) / 2;
    line.chars().take(half).chain(['…']).chain(line.chars().skip(length - half)).collect()
}
