//! What the engine asks of a host: the place where programs run.

use std::path::PathBuf;
use std::time::Duration;

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

/// An instance, a given address or this machine, as far as running programs on it goes.
#[async_trait]
pub trait Host: Send + Sync {
    /// Returns when the host answers and has finished its own start (its user data ran); waits for that itself, and is
    /// cut short by the caller's time limit.
    async fn reach(&self) -> Result<Reached, HostError>;

    /// The directory under which stage directories are made, absolute, on the host.
    fn stage_base(&self) -> PathBuf;

    /// Writes a file below an existing or new directory. The file appears whole or not at all.
    async fn upload(&self, file: &Upload) -> Result<(), HostError>;

    /// Reads a file of at most `limit` bytes; `None` when there is none.
    async fn download(&self, path: &std::path::Path, limit: usize) -> Result<Option<Vec<u8>>, HostError>;

    /// Runs a command and waits for it.
    ///
    /// `command.key` makes it safe to repeat: where a command of that key is running, this waits for it; where one has ended,
    /// its result is given again. At the time limit the command and its process group get TERM, then KILL.
    /// A background process that the command leaves behind stays and does not delay the answer.
    async fn run(&self, command: &Command) -> Result<Finished, HostError>;

    /// Removes a directory with all it holds; one that does not exist is removed already.
    async fn remove(&self, path: &std::path::Path) -> Result<(), HostError>;

    /// Ends everything that ran here on our behalf and removes what we put there. Called once the service is torn down; an
    /// instance that is terminated anyway may do nothing.
    async fn release(&self) -> Result<(), HostError>;
}

/// A host that answers, and what a person should know of how it came up.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reached {
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
pub struct Finished {
    /// How it ended.
    pub outcome: Outcome,
    /// Standard output and standard error as they came, at most the last [`OUTPUT_LIMIT`] bytes; invalid UTF-8 is replaced.
    pub output: String,
    /// How long it ran.
    pub took: Duration,
}

/// The most output of one program that is kept: the end, since that is where the reason stands.
pub const OUTPUT_LIMIT: usize = 64 * 1024;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Outcome {
    /// By itself, with this exit code.
    Exit(i32),
    /// By this signal, not sent by us.
    Signal(i32),
    /// At its time limit, by us.
    TimedOut,
}

impl Outcome {
    /// Whether it ended with exit code 0.
    pub fn success(self) -> bool {
        self == Outcome::Exit(0)
    }
}

impl std::fmt::Display for Outcome {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Outcome::Exit(code) => write!(f, "exit code {code}"),
            Outcome::Signal(signal) => write!(f, "killed by signal {signal}"),
            Outcome::TimedOut => f.write_str("stopped at its time limit"),
        }
    }
}

/// Why a host did not do what it was asked.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HostError {
    /// It does not answer, now; it may later.
    #[error("{0}")]
    Unreachable(String),
    /// Its machine no longer exists.
    #[error("{0}")]
    Gone(String),
    /// It answers, and cannot do this.
    #[error("{0}")]
    Failed(String),
}
