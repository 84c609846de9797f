//! The log of executions on simulated hosts.

use std::time::Duration;

use crate::plan::ProgramKind;
use crate::provider::ExitOutcome;

/// An actual execution of a program; repeats of a key are not listed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExecutionLog {
    /// The service.
    pub service: String,
    /// The service's program.
    pub program: Option<ProgramKind>,
    /// The command's key.
    pub key: String,
    /// When it began, since the cloud began.
    pub began: Duration,
    /// When it ends, since the cloud began, if its instance lives that long.
    pub ends: Duration,
    /// How it ends.
    pub outcome: ExitOutcome,
}
