//! What the engine asks of a host: the place where programs run.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use super::host_error::HostError;
use super::task::{Content, Done, Task};

/// An instance, a given address or this machine, as far as running programs on it goes.
#[async_trait]
pub trait Host: Send + Sync {
    /// Returns when the host answers and has finished its own start (its user data ran); waits for that itself, and is
    /// cut short by the caller's time limit.
    async fn reach(&self) -> Result<HostReady, HostError>;

    /// The directory under which stage directories are made, absolute, on the host.
    fn stage_base(&self) -> PathBuf;

    /// Writes a file below an existing or new directory. The file appears whole or not at all.
    async fn upload(&self, file: &Upload) -> Result<(), HostError>;

    /// As [`Host::upload`], of what need not be in memory: hosts that can take it so read it piece by piece.
    async fn put(&self, path: &std::path::Path, content: &Content, mode: u32) -> Result<(), HostError> {
        let whole = content.read();
        let content = whole.map_err(|error| HostError::failed(format!("cannot read {content} to send it: {error}")))?;
        self.upload(&Upload { path: path.to_owned(), content, mode }).await
    }

    /// Reads a file of at most `limit` bytes; `None` when there is none.
    async fn download(&self, path: &std::path::Path, limit: usize) -> Result<Option<Vec<u8>>, HostError>;

    /// Runs a command and waits for it.
    ///
    /// `command.key` makes it safe to repeat: where a command of that key is running, this waits for it; where one has
    /// ended, its result is given again. At the time limit the command and its process group get TERM, then KILL. A
    /// background process that the command leaves behind stays and does not delay the answer.
    async fn run(&self, command: &Command) -> Result<CompletedProcess, HostError>;

    /// Puts a program's files in place, runs it, and reads what it left: as [`Host::upload`], [`Host::run`] and
    /// [`Host::download`] do one after the other, and as safe to repeat; at once where that is worth something.
    async fn carry_out(&self, task: &Task) -> Result<Done, HostError> {
        task.in_steps(self).await
    }

    /// Removes a directory with all it holds; one that does not exist is removed already.
    async fn remove(&self, path: &std::path::Path) -> Result<(), HostError>;

    /// Ends everything that ran here on our behalf and removes what we put there. Called once the service is torn down;
    /// an instance that is terminated anyway may do nothing.
    async fn release(&self) -> Result<(), HostError>;

    /// Removes a service's stage directory and releases the host, at once where that is worth something.
    async fn leave(&self, stage: &std::path::Path) -> Result<(), HostError> {
        self.remove(stage).await?;
        self.release().await
    }
}

/// A host that answers, and what a person should know of how it came up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HostReady {
    /// One sentence each: warnings of its user data, a host key that was taken at first sight.
    pub notes: Vec<String>,
}

/// A file to place on a host.
#[derive(Clone, Debug)]
pub struct Upload {
    /// Where, absolute.
    pub path: PathBuf,
    /// Its content.
    pub content: Vec<u8>,
    /// Permission bits, 0o755 for programs and 0o600 for everything else.
    pub mode: u32,
}

/// A command to run on a host. Nothing in it is read by a shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Names this execution on this host; see [`Host::run`].
    pub key: String,
    /// The program, then its arguments.
    pub argv: Vec<String>,
    /// Where it runs, absolute.
    pub directory: PathBuf,
    /// Added to the host's environment.
    pub environment: Vec<(String, String)>,
    /// The longest it may take.
    pub timeout: Duration,
}

/// How a command ended, and what it printed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompletedProcess {
    /// How it ended.
    pub outcome: ExitOutcome,
    /// Standard output and standard error as they came, at most the last [`OUTPUT_LIMIT`] bytes; invalid UTF-8 is
    /// replaced.
    pub output: String,
    /// How long it ran.
    pub took: Duration,
}

/// The most output of one program that is kept: the end, since that is where the reason stands.
pub const OUTPUT_LIMIT: usize = 64 * 1024;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ExitOutcome {
    /// By itself, with this exit code.
    Exit(i32),
    /// By this signal, not sent by us.
    Signal(i32),
    /// At its time limit, by us.
    TimedOut,
}

impl ExitOutcome {
    /// Whether it ended with exit code 0.
    pub fn success(self) -> bool {
        self == ExitOutcome::Exit(0)
    }
}

impl std::fmt::Display for ExitOutcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            ExitOutcome::Exit(code) => write!(f, "exit code {code}"),
            ExitOutcome::Signal(signal) => write!(f, "killed by signal {signal}"),
            ExitOutcome::TimedOut => f.write_str("stopped at its time limit"),
        }
    }
}
