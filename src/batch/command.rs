use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::Duration;

use async_trait::async_trait;

use super::first_seen::FirstSeen;
use super::part_reading::failed_reading;
use super::source_access::SourceAccess;
use super::work_report::{REPORT_HINT, WorkReport};
use super::work_source::{SourceError, WorkReading, WorkSource};
use crate::elastic::engine::{Seconds, Wants};
use crate::os::{ProgramEnd, ProgramFailure, ProgramRun, find_program};

/// The most output of a program, in bytes.
const LONGEST_OUTPUT: u64 = 64 << 20;

/// The length in bytes to which standard error is cut.
const LONGEST_COMPLAINT: u64 = 4 << 10;

/// The most lines of standard error in a message.
const SHOWN_LINES: usize = 3;

/// A program that prints how much work waits. It is started without a shell.
pub(super) struct CommandSource {
    program: String,
    arguments: Vec<String>,
    directory: Option<PathBuf>,
    limit: Duration,
    seen: FirstSeen,
}

impl CommandSource {
    /// Makes the source of a program with these arguments. It runs in the directory and for as long as `access` says.
    pub(super) fn new(program: &str, arguments: &[String], access: &SourceAccess) -> Self {
        Self {
            program: program.to_owned(),
            arguments: arguments.to_vec(),
            directory: access.directory.clone(),
            limit: access.limits.program,
            seen: FirstSeen::default(),
        }
    }

    fn error(&self, reason: impl std::fmt::Display, hint: Option<&str>) -> SourceError {
        SourceError {
            message: format!("cannot read the waiting jobs from the program {}: {reason}", self.program),
            hint: hint.map(str::to_owned),
        }
    }

    async fn report(&self) -> Result<WorkReport, SourceError> {
        let run = ProgramRun {
            program: &self.program,
            arguments: &self.arguments,
            input: b"",
            directory: self.directory.as_deref(),
            limit: self.limit,
            longest_output: LONGEST_OUTPUT,
            longest_complaint: LONGEST_COMPLAINT,
        };
        let ProgramEnd { status, output, complaint } = run.run().await.map_err(|failure| self.failure(failure))?;
        if !status.success() {
            let said = shown(&String::from_utf8_lossy(&complaint));
            return Err(self.error(format!("it ended with {}: {said}", describe(status)), None));
        }
        let text = String::from_utf8(output).map_err(|_| self.error("it printed no text", Some(REPORT_HINT)))?;
        WorkReport::parse(&text).map_err(|error| self.error(format!("of what it printed: {error}"), Some(REPORT_HINT)))
    }

    fn failure(&self, failure: ProgramFailure) -> SourceError {
        match failure {
            ProgramFailure::Broken(error) => {
                let directory = self.directory.as_deref().unwrap_or(Path::new("."));
                let path = std::env::var_os("PATH").unwrap_or_default();
                let hint = find_program(&self.program, directory, &path).err();
                let hint = hint.map(|missing| missing.remedy(&self.program, directory));
                self.error(error, hint.as_deref())
            }
            ProgramFailure::TooSlow => {
                let limit = self.limit.as_secs_f64();
                self.error(format!("it did not end within {limit} s, and was killed"), None)
            }
            ProgramFailure::TooMuch => {
                self.error(format!("it printed more than {LONGEST_OUTPUT} bytes, and was killed"), None)
            }
        }
    }
}

fn describe(status: ExitStatus) -> String {
    use std::os::unix::process::ExitStatusExt as _;
    match (status.code(), status.signal()) {
        (Some(code), _) => format!("exit code {code}"),
        (None, Some(signal)) => format!("signal {signal}"),
        (None, None) => status.to_string(),
    }
}

fn shown(complaint: &str) -> String {
    let lines = complaint.lines().map(str::trim).filter(|line| !line.is_empty()).take(SHOWN_LINES);
    let lines = lines.map(|line| line.chars().filter(|c| !c.is_control()).collect::<String>());
    let said = lines.collect::<Vec<_>>().join("; ");
    if said.is_empty() { "it said nothing on standard error".to_owned() } else { said }
}

#[async_trait]
impl WorkSource for CommandSource {
    fn label(&self) -> String {
        format!("the program {}", self.program)
    }

    async fn read(&self, wants: Wants, now: Seconds) -> WorkReading {
        match self.report().await {
            Ok(report) => report.into_reading(wants, &self.seen, now),
            Err(error) => failed_reading(wants, &error),
        }
    }
}

#[cfg(test)]
mod tests;
