//! A command to run on a host, and how it ended.

use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// A command to run on a host. Nothing in it is read by a shell.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Command {
    /// Names this execution on this host; see [`Host::run`](super::Host::run).
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
