//! Commands to run on a host, and their results.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A command to run on a host, without a shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// The id of this execution on this host; see [`Host::run`](super::Host::run).
    pub key: String,
    /// The program, then its arguments.
    pub argv: Vec<String>,
    /// Its absolute working directory.
    pub directory: PathBuf,
    /// Variables added to the host's environment.
    pub environment: Vec<(String, String)>,
    /// Its time limit.
    pub timeout: Duration,
}

/// The result of a command.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct CompletedProcess {
    /// How it ended.
    pub outcome: ExitOutcome,
    /// Standard output and standard error, interleaved, at most the last [`OUTPUT_LIMIT`] bytes; invalid UTF-8 is
    /// replaced.
    pub output: String,
    /// How long it ran.
    pub took: Duration,
}

/// How much of a program's output is kept, in bytes: the end, since errors are reported there.
pub const OUTPUT_LIMIT: usize = 64 * 1024;

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
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
