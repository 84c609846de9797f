//! Carries out a program: puts its files on the host, runs it, tries again where that is allowed, reads what it wrote.
//!
//! The protocol is cloudinit.d's: the stage directory, `bootconf.json`, `bootenv.sh`, `bootout.json`, tarballs with `run.sh`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use tokio::time::sleep;

use super::event::{Failure, ProgramFailure, ProgramKind, Stage};
use super::host::{Command, Finished, Host, HostError, Outcome, Upload};
use super::insist::{HOST_PATIENCE, insist};
use super::phase::Execution;
use super::run::Run;
use super::secrets::Secrets;
use crate::plan::{Attributes, Program, Template, boot_env};

/// The most that a `bootout.json` may hold.
const BOOT_OUTPUT_LIMIT: usize = 1024 * 1024;

/// The last lines of a failed program that its failure keeps.
const TAIL_LINES: usize = 12;

/// The most characters of each of them: a program that prints one endless line must not fill the journal and the screen.
const TAIL_WIDTH: usize = 1000;

/// The pause before a program is tried again: most services need a moment to come up.
const RETRY_PAUSE: Duration = Duration::from_secs(1);

/// A program made ready to run: everything in it is expanded and read.
pub(super) struct Staged {
    pub(super) kind: ProgramKind,
    name: String,
    service: String,
    execution: Execution,
    retries: u32,
    timeout: Duration,
    args: Vec<String>,
    stage_files: Vec<(String, Vec<u8>, u32)>,
    archive_root: Option<String>,
    patience: Duration,
    secrets: Secrets,
}

/// How a program ended, tries and all.
pub(super) enum Ended {
    /// Exit code 0; for a boot program with what it wrote.
    Well(BTreeMap<String, String>),
    /// Every try failed.
    Badly(Failure),
    /// The machine is gone.
    Gone(String),
}

/// What is told while a program runs.
pub(super) enum Told {
    /// This try ended, with this output.
    Output(Finished),
    /// This try failed and there will be another.
    Retried(ProgramFailure),
}

impl Staged {
    /// Reads and expands what the program needs. Nothing has happened yet when this fails.
    pub(super) fn prepare(
        run: &Run,
        position: usize,
        kind: ProgramKind,
        program: &Program,
        execution: Execution,
    ) -> Result<Self, Failure> {
        let service = run.service(position);
        let stage = kind.stage();
        let fail = |reason: String| Failure::new(stage, reason);
        let attributes = Attributes::new(run.index(), run);
        let args = program
            .args
            .iter()
            .map(|text| attributes.expand(&service.name, text))
            .collect::<Result<Vec<_>, _>>()
            .map_err(|error| fail(format!("cannot give {} its arguments: {error}", program_name(program))))?;
        let secrets = Secrets::read(run.secrets()).map_err(|problem| {
            fail(problem).hint(Some("secrets are read anew by each command; set it as it was, then resume"))
        })?;
        let name = program_name(program);
        let mut stage_files = vec![(name.clone(), read(&program.file.path, stage)?, 0o755)];
        if let Some(config) = &program.config {
            let values = attributes.all(&service.name).map_err(|error| fail(error.to_string()))?;
            let text = String::from_utf8(read(&config.path, stage)?)
                .map_err(|_| fail(format!("the config template {} is not UTF-8", config.path.display())))?;
            let filled = Template::parse(&text)
                .and_then(|template| {
                    template.fill(|name| {
                        let secret = service.secrets.get(name).and_then(|source| secrets.get(source));
                        secret.or_else(|| values.get(name).map(String::as_str))
                    })
                })
                .map_err(|error| fail(format!("{}:{}: {}", config.path.display(), error.line, error.message)))?;
            // A config that is no JSON object simply has no bootenv.sh, as in cloudinit.d.
            if let Ok(env) = boot_env(&filled) {
                stage_files.push(("bootenv.sh".to_owned(), env.script.into_bytes(), 0o600));
            }
            stage_files.push(("bootconf.json".to_owned(), filled.into_bytes(), 0o600));
        }
        let archive_root = name.strip_suffix(".tar.gz").filter(|root| !root.is_empty()).map(str::to_owned);
        Ok(Self {
            kind,
            name,
            service: service.name.clone(),
            execution,
            retries: program.retries,
            timeout: program.timeout,
            args,
            stage_files,
            archive_root,
            patience: HOST_PATIENCE,
            secrets,
        })
    }

    /// The same for somebody who wants to know how things are now: a host that does not answer is not asked again.
    pub(super) fn impatient(self) -> Self {
        Self { patience: Duration::ZERO, ..self }
    }

    /// The service whose program this is.
    pub(super) fn service(&self) -> &str {
        &self.service
    }

    /// Runs the program to its end, telling of each try. A try is named by its number, so one that was told of too late to
    /// be recorded is found again on the host, not repeated.
    pub(super) async fn carry_out(mut self, host: Arc<dyn Host>, tell: impl Fn(Told)) -> Ended {
        let stage = self.kind.stage();
        let directory = host.stage_base().join(&self.service);
        let program = match self.place(host.as_ref(), &directory).await {
            Ok(program) => program,
            Err(error) => return self.host_failed(stage, error),
        };
        loop {
            let argv = std::iter::once(path_text(&program)).chain(self.args.iter().cloned()).collect();
            let command = self.command("run", argv, &directory);
            let finished = match insist(self.patience, self.timeout, || host.run(&command)).await {
                Ok(finished) => self.secrets.mask_finished(finished),
                Err(error) => return self.host_failed(stage, error),
            };
            let outcome = finished.outcome;
            let failure =
                ProgramFailure { name: self.name.clone(), outcome, tail: tail(&finished.output), took: finished.took };
            tell(Told::Output(finished));
            if outcome.success() {
                break;
            }
            if self.execution.failed_tries >= self.retries {
                return Ended::Badly(self.failure(stage, failure));
            }
            tell(Told::Retried(failure));
            self.execution.failed_tries += 1;
            sleep(RETRY_PAUSE).await;
        }
        if self.kind != ProgramKind::Boot {
            return Ended::Well(BTreeMap::new());
        }
        let output = directory.join("bootout.json");
        match insist(self.patience, Duration::ZERO, || host.download(&output, BOOT_OUTPUT_LIMIT)).await {
            Ok(None) => Ended::Well(BTreeMap::new()),
            Ok(Some(bytes)) => match boot_output(&bytes) {
                Ok(output) => {
                    Ended::Well(output.into_iter().map(|(key, value)| (key, self.secrets.mask(&value))).collect())
                }
                Err(error) => Ended::Badly(
                    Failure::new(
                        stage,
                        format!("{} wrote a bootout.json that is not a JSON object: {error}", self.name),
                    )
                    .hint(Some("it must hold one object; its keys become attributes of the service")),
                ),
            },
            Err(error) => self.host_failed(stage, error),
        }
    }

    /// Puts the files in place; gives the path of what is to be run.
    async fn place(&mut self, host: &dyn Host, directory: &Path) -> Result<PathBuf, HostError> {
        for (name, content, mode) in std::mem::take(&mut self.stage_files) {
            let file = Upload { path: directory.join(name), content, mode };
            insist(self.patience, Duration::ZERO, || host.upload(&file)).await?;
        }
        let program = directory.join(&self.name);
        let Some(root) = &self.archive_root else { return Ok(program) };
        let run = directory.join(root).join("run.sh");
        let steps = [
            ("unpack", vec!["tar".to_owned(), "-xzf".to_owned(), path_text(&program)]),
            ("chmod", vec!["chmod".to_owned(), "+x".to_owned(), path_text(&run)]),
        ];
        for (step, argv) in steps {
            let command = self.command(step, argv, directory);
            let finished = insist(self.patience, self.timeout, || host.run(&command)).await?;
            if !finished.outcome.success() {
                let tail = tail(&self.secrets.mask_finished(finished.clone()).output).join("; ");
                let what = command.argv.join(" ");
                return Err(HostError::Failed(format!(
                    "{}: `{what}` ended with {}: {tail}",
                    self.name, finished.outcome
                )));
            }
        }
        Ok(run)
    }

    fn command(&self, step: &str, argv: Vec<String>, directory: &Path) -> Command {
        let Execution { announced, failed_tries } = self.execution;
        Command {
            key: format!("{}/{}/{announced}.{failed_tries}/{step}", self.service, self.kind),
            argv,
            directory: directory.to_owned(),
            environment: Vec::new(),
            timeout: self.timeout,
        }
    }

    fn failure(&self, stage: Stage, program: ProgramFailure) -> Failure {
        let tries = self.execution.failed_tries + 1;
        let times = if tries > 1 { format!(", {tries} times") } else { String::new() };
        let reason = match program.outcome {
            Outcome::Exit(code) => format!("{} ended with exit code {code}{times}", self.name),
            Outcome::Signal(signal) => format!("{} was killed by signal {signal}{times}", self.name),
            Outcome::TimedOut => {
                format!("{} was stopped at its time limit of {} s{times}", self.name, self.timeout.as_secs_f64())
            }
        };
        let hint = match program.outcome {
            Outcome::TimedOut => Some("if it needs longer, give it a longer `timeout`"),
            Outcome::Exit(126 | 127) => Some("does its first line name an interpreter that the host has?"),
            _ => None,
        };
        Failure { program: Some(Box::new(program)), ..Failure::new(stage, reason).hint(hint) }
    }

    fn host_failed(&self, stage: Stage, error: HostError) -> Ended {
        match error {
            HostError::Gone(reason) => Ended::Gone(reason),
            error => Ended::Badly(Failure::new(stage, format!("could not run {}: {error}", self.name))),
        }
    }
}

fn program_name(program: &Program) -> String {
    program.file.path.file_name().unwrap_or(program.file.path.as_os_str()).to_string_lossy().into_owned()
}

fn path_text(path: &Path) -> String {
    path.to_string_lossy().into_owned()
}

fn read(path: &Path, stage: Stage) -> Result<Vec<u8>, Failure> {
    std::fs::read(path).map_err(|error| {
        Failure::new(stage, format!("cannot read {}: {error}", path.display()))
            .hint(Some("a run reads its programs from the plan's folder; put the file back and resume"))
    })
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

/// The attributes that a boot program wrote: strings as they are, everything else as JSON text.
fn boot_output(bytes: &[u8]) -> Result<BTreeMap<String, String>, serde_json::Error> {
    let object: BTreeMap<String, serde_json::Value> = serde_json::from_slice(bytes)?;
    Ok(object
        .into_iter()
        .map(|(key, value)| match value {
            serde_json::Value::String(text) => (key, text),
            other => (key, other.to_string()),
        })
        .collect())
}
