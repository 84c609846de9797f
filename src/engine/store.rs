//! What the engine asks of the place where a run is recorded.

use async_trait::async_trait;
use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::event::{ProgramKind, Record};
use super::host::Outcome;

/// The journal of one run, held for writing. Implementations: the SQLite state file, and memory for dry runs.
#[async_trait]
pub trait Store: Send + Sync {
    /// Commits the batch whole; what it holds survives a kill or a power cut once this returns.
    ///
    /// Fails without writing when the run's lock is no longer ours.
    async fn append(&self, batch: Batch) -> Result<(), StoreError>;
}

/// Everything that one turn of the driver records.
#[derive(Clone, Debug)]
pub struct Batch {
    /// New lines of the journal, in order.
    pub records: Vec<Record>,
    /// What programs printed.
    pub outputs: Vec<ProgramOutput>,
    /// The run as it is after these records.
    pub summary: Summary,
}

/// What one execution of a program printed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ProgramOutput {
    /// The service.
    pub service: String,
    /// Which of its programs.
    pub program: ProgramKind,
    /// When it ended.
    pub at: Timestamp,
    /// How it ended.
    pub outcome: Outcome,
    /// How long it ran, in seconds.
    pub seconds: f64,
    /// Standard output and standard error, at most the last [`super::OUTPUT_LIMIT`] bytes.
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
    /// As written in JSON and in the state file.
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
#[error("{message}")]
pub struct StoreError {
    /// What failed, naming the file.
    pub message: String,
    /// Whether the run's lock was taken by another process.
    pub lock_lost: bool,
}
