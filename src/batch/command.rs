use std::io;
use std::process::{ExitStatus, Stdio};
use std::time::Duration;

use async_trait::async_trait;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use tokio::io::{AsyncRead, AsyncReadExt as _};
use tokio::process::{Child, Command};
use tokio::time::timeout;

use super::first_seen::FirstSeen;
use super::part_reading::failed_reading;
use super::work_report::{REPORT_HINT, WorkReport};
use super::work_source::{SourceError, WorkReading, WorkSource};
use crate::elastic::engine::{Seconds, Wants};

/// The most output of a program, in bytes.
const LONGEST_OUTPUT: usize = 64 << 20;

/// The length in bytes to which standard error is cut.
const LONGEST_COMPLAINT: usize = 4 << 10;

/// The most lines of standard error in a message.
const SHOWN_LINES: usize = 3;

/// A program that prints how much work waits. It is started without a shell.
pub(super) struct CommandSource {
    program: String,
    arguments: Vec<String>,
    limit: Duration,
    seen: FirstSeen,
}

/// A child with its process group, which is killed when the child has not ended.
struct Group {
    child: Child,
    id: Option<Pid>,
}

impl Drop for Group {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            // What it started holds its output, and is of no use without it.
            let _ = killpg(id, Signal::SIGKILL);
        }
    }
}

impl CommandSource {
    pub(super) fn new(program: &str, arguments: &[String], limit: Duration) -> Self {
        Self { program: program.to_owned(), arguments: arguments.to_vec(), limit, seen: FirstSeen::default() }
    }

    fn error(&self, reason: impl std::fmt::Display, hint: Option<&str>) -> SourceError {
        SourceError {
            message: format!("cannot read the waiting jobs from the program {}: {reason}", self.program),
            hint: hint.map(str::to_owned),
        }
    }

    async fn report(&self) -> Result<WorkReport, SourceError> {
        let ended = timeout(self.limit, self.run()).await;
        let (status, output, complaint) = ended.map_err(|_| {
            let reason = format!("it did not end within {} s, and was killed", self.limit.as_secs_f64());
            self.error(reason, None)
        })??;
        if !status.success() {
            let said = shown(&String::from_utf8_lossy(&complaint));
            return Err(self.error(format!("it ended with {}: {said}", describe(status)), None));
        }
        let text = String::from_utf8(output).map_err(|_| self.error("it printed no text", Some(REPORT_HINT)))?;
        WorkReport::parse(&text).map_err(|error| self.error(format!("of what it printed: {error}"), Some(REPORT_HINT)))
    }

    async fn run(&self) -> Result<(ExitStatus, Vec<u8>, Vec<u8>), SourceError> {
        let broken = |error: io::Error| {
            let hint = match error.kind() {
                io::ErrorKind::NotFound => Some("write its whole path as the first item of \"program\""),
                io::ErrorKind::PermissionDenied => Some("make it executable (chmod +x)"),
                _ => None,
            };
            self.error(error, hint)
        };
        let child = Command::new(&self.program)
            .args(&self.arguments)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .process_group(0)
            .kill_on_drop(true)
            .spawn()
            .map_err(broken)?;
        let id = child.id().and_then(|id| i32::try_from(id).ok()).map(Pid::from_raw);
        let mut group = Group { child, id };
        let (stdout, stderr) = (group.child.stdout.take(), group.child.stderr.take());
        // Its end is awaited last: until then its number belongs to nobody else.
        let (output, complaint) = tokio::join!(whole(stdout, LONGEST_OUTPUT), head(stderr, LONGEST_COMPLAINT));
        let output = output
            .map_err(broken)?
            .ok_or_else(|| self.error(format!("it printed more than {LONGEST_OUTPUT} bytes, and was killed"), None))?;
        let complaint = complaint.map_err(broken)?;
        let status = group.child.wait().await.map_err(broken)?;
        group.id = None;
        Ok((status, output, complaint))
    }
}

/// Reads the whole stream. None: it is longer than `limit` bytes.
async fn whole(stream: Option<impl AsyncRead + Unpin>, limit: usize) -> io::Result<Option<Vec<u8>>> {
    let mut bytes = Vec::new();
    if let Some(stream) = stream {
        stream.take(limit as u64 + 1).read_to_end(&mut bytes).await?;
    }
    Ok((bytes.len() <= limit).then_some(bytes))
}

/// Reads the stream to its end and keeps its first `limit` bytes.
async fn head(stream: Option<impl AsyncRead + Unpin>, limit: usize) -> io::Result<Vec<u8>> {
    let mut kept = Vec::new();
    if let Some(mut stream) = stream {
        (&mut stream).take(limit as u64).read_to_end(&mut kept).await?;
        tokio::io::copy(&mut stream, &mut tokio::io::sink()).await?;
    }
    Ok(kept)
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
