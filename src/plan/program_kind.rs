//! The three programs of a service.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::model::{Program, Programs};

/// One of a service's three programs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum ProgramKind {
    /// Configures the machine.
    Boot,
    /// Tells whether it works.
    Ready,
    /// Says goodbye.
    Terminate,
}

impl ProgramKind {
    /// Returns `boot`, `ready` or `terminate`.
    pub fn as_str(self) -> &'static str {
        match self {
            ProgramKind::Boot => "boot",
            ProgramKind::Ready => "ready",
            ProgramKind::Terminate => "terminate",
        }
    }

    /// Returns a service's program of this kind.
    pub fn of(self, programs: &Programs) -> Option<&Program> {
        match self {
            ProgramKind::Boot => programs.boot.as_ref(),
            ProgramKind::Ready => programs.ready.as_ref(),
            ProgramKind::Terminate => programs.terminate.as_ref(),
        }
    }
}

impl fmt::Display for ProgramKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
