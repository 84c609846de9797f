//! What the engine asks of the place where a run is recorded.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::JournalEntry;
use crate::plan::ProgramKind;
use crate::provider::ExitOutcome;

/// The journal of one run, held for writing. Implementations: the SQLite state file, and memory for dry runs.
#[async_trait]
pub trait RunJournal: Send + Sync {
    /// Commits the batch whole; what it holds survives a kill or a power cut once this returns.
    ///
    /// Fails without writing when the run's lock is no longer ours.
    async fn append(&self, batch: Batch) -> Result<(), JournalError>;

    /// Whether who writes here lives on when nothing can be recorded any more, so that it waits for the calls that
    /// create and destroy, and can say what they did. A store that stands for a kill does not.
    fn outlives_failure(&self) -> bool {
        false
    }
}

/// Everything that one turn of the driver records.
#[derive(Clone, Debug)]
pub struct Batch {
    /// New lines of the journal, in order.
    pub records: Vec<JournalEntry>,
    /// What programs printed.
    pub outputs: Vec<ProgramOutput>,
    /// The run as it is after these records.
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

/// What `plan list` shows of a run without reading its journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Summary {
    /// Where the run stands.
    pub status: RunStatus,
    /// How many services it has.
    pub services: usize,
    /// How many of them are ready.
    pub ready: usize,
    /// How many failed or were lost.
    pub failed: usize,
    /// How many instances exist, as far as is recorded.
    pub instances: usize,
}

/// Where a run stands.
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
    /// Nothing is left of it.
    Terminated,
}

impl RunStatus {
    /// As shown: a run on its way up that no process works on was interrupted.
    pub fn word(self, is_held: bool) -> &'static str {
        match self {
            RunStatus::Booting if !is_held => "interrupted",
            status => status.as_str(),
        }
    }

    /// As written in the state file.
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

/// Why something could not be recorded. The driver stops at once: nothing may follow from what is not recorded.
#[derive(Clone, Debug, thiserror::Error)]
#[error("{message}{}", hint.as_ref().map(|hint| format!("; {hint}")).unwrap_or_default())]
pub struct JournalError {
    /// What failed, naming the file.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
    /// Whether the run's lock was taken by another process.
    pub lock_lost: bool,
    /// Whether the file is not there any more, or another is there instead.
    pub file_lost: bool,
}
