//! The engine's interface to the store of a run.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::JournalEntry;
use crate::plan::ProgramKind;
use crate::provider::ExitOutcome;

/// The journal of one run, held for writing. Implementations: the SQLite state file, and memory for dry runs.
#[async_trait]
pub trait RunJournal: Send + Sync {
    /// Commits the batch as a whole; it survives a kill or a power cut once this returns.
    ///
    /// Fails without writing if this process no longer holds the run's lock.
    async fn append(&self, batch: Batch) -> Result<(), JournalError>;

    /// Whether the writer lives on when nothing can be recorded any more, so that it waits for the calls that create
    /// and destroy, and can report their results. A store that simulates a kill does not.
    fn outlives_failure(&self) -> bool {
        false
    }
}

/// The records of one turn of the driver.
#[derive(Clone, Debug)]
pub struct Batch {
    /// New lines of the journal, in order.
    pub records: Vec<JournalEntry>,
    /// Output of programs.
    pub outputs: Vec<ProgramOutput>,
    /// The state of the run after these records.
    pub summary: Summary,
}

/// What one execution of a program printed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProgramOutput {
    /// The service.
    pub service: String,
    /// Which of its programs.
    pub program: ProgramKind,
    /// When it ended.
    pub at: Timestamp,
    /// How it ended.
    pub outcome: ExitOutcome,
    /// How long it ran, in seconds.
    pub seconds: f64,
    /// Standard output and standard error, at most the last [`crate::provider::OUTPUT_LIMIT`] bytes.
    pub text: String,
}

/// The numbers of a run that `plan list` shows without reading its journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// The status of the run.
    pub status: RunStatus,
    /// The number of services.
    pub services: usize,
    /// The number of services that are ready.
    pub ready: usize,
    /// The number of services that failed or were lost.
    pub failed: usize,
    /// The number of instances that exist according to the journal.
    pub instances: usize,
}

/// The status of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RunStatus {
    /// On its way up, or stopped on the way.
    Booting,
    /// Every service is ready.
    Up,
    /// A service failed or was lost.
    Failed,
    /// On its way down, or stopped on the way.
    Terminating,
    /// Nothing is left of the run.
    Terminated,
}

impl RunStatus {
    /// Returns the word to show: a run on its way up without a process that works on it was interrupted.
    pub fn word(self, is_held: bool) -> &'static str {
        match self {
            RunStatus::Booting if !is_held => "interrupted",
            status => status.as_str(),
        }
    }

    /// Returns the word in the state file.
    pub fn as_str(self) -> &'static str {
        match self {
            RunStatus::Booting => "booting",
            RunStatus::Up => "up",
            RunStatus::Failed => "failed",
            RunStatus::Terminating => "terminating",
            RunStatus::Terminated => "terminated",
        }
    }
}

/// Why recording failed. The driver stops at once: nothing may follow from an event that is not recorded.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}{}", hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default())]
pub struct JournalError {
    /// The problem, with the file's name.
    pub message: String,
    /// A suggested remedy.
    pub hint: Option<String>,
    /// Whether the run's lock was taken by another process.
    pub lock_lost: bool,
    /// Whether the file is gone, or was replaced by another one.
    pub file_lost: bool,
    /// Whether the same write may succeed later, without a change of what is written: there is no room, the disk or its
    /// file system refuses writes, or another program holds the file.
    pub passes: bool,
}

impl JournalError {
    /// Returns an error that tells of nothing but the problem.
    pub fn plain(message: impl Into<String>) -> Self {
        Self { message: message.into(), hint: None, lock_lost: false, file_lost: false, passes: false }
    }
}
