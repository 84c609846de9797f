//! Failures of services: stage, reason and hint.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::launch_intent::Intent;
use crate::plan::{Notation, ProgramKind};
use crate::provider::{CloudError, CloudErrorKind, Complaint, ExitOutcome, HostError};

/// Why a service failed, in which stage.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Failure {
    /// What was being done.
    pub stage: Stage,
    /// What went wrong, in one sentence.
    pub reason: String,
    /// What to try.
    pub hint: Option<String>,
    /// What was tried, a line each, where several things were.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub tried: Vec<String>,
    /// How the program ended, where one did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub program: Option<Box<ProgramFailure>>,
    /// The launch whose answer never came: its machine may exist, and only the cloud knows.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub unanswered: Option<Box<Intent>>,
    /// Whether it says nothing of the machine: the cloud could not be asked, and a person has to mend that first.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub blind: bool,
}

impl Failure {
    /// A failure at `stage`, for `reason`.
    pub fn new(stage: Stage, reason: impl Into<String>) -> Self {
        let reason = reason.into();
        Self { stage, reason, hint: None, tried: Vec::new(), program: None, unanswered: None, blind: false }
    }

    /// Converts a cloud's error at `stage` into a failure.
    pub fn of(stage: Stage, error: &CloudError) -> Self {
        let blind = error.kind == CloudErrorKind::Denied;
        Self { blind, ..Self::new(stage, error.message.clone()).hint(error.hint.clone()) }
    }

    /// Converts a host's error at `stage` into a failure.
    pub fn of_host(stage: Stage, error: HostError) -> Self {
        let Complaint { reason, hint, kept_out, ours, .. } = error.into_complaint();
        Self { blind: kept_out || ours, ..Self::new(stage, reason).hint(hint) }
    }

    /// Sets the hint.
    #[must_use]
    pub fn hint(mut self, hint: Option<impl Into<String>>) -> Self {
        self.hint = hint.map(Into::into);
        self
    }

    /// Replaces names of settings by those of the plan's notation.
    pub(super) fn put_in_words_of(&mut self, notation: Notation) {
        self.reason = notation.in_its_words(&self.reason);
        self.hint = self.hint.take().map(|hint| notation.in_its_words(&hint));
    }
}

/// What was being done to a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
#[serde(rename_all = "kebab-case")]
pub enum Stage {
    /// Asking for its machine.
    Launch,
    /// Waiting for the machine to run and to answer.
    Reach,
    /// Running the boot program.
    Boot,
    /// Running the ready program.
    Ready,
    /// Tearing it down.
    Terminate,
}

impl From<ProgramKind> for Stage {
    /// The stage in which a program runs.
    fn from(kind: ProgramKind) -> Self {
        match kind {
            ProgramKind::Boot => Self::Boot,
            ProgramKind::Ready => Self::Ready,
            ProgramKind::Terminate => Self::Terminate,
        }
    }
}

impl std::fmt::Display for Stage {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Stage::Launch => "launch",
            Stage::Reach => "reach",
            Stage::Boot => "boot",
            Stage::Ready => "ready",
            Stage::Terminate => "terminate",
        })
    }
}

/// How a program failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ProgramFailure {
    /// The program's file name.
    pub name: String,
    /// How it ended.
    pub outcome: ExitOutcome,
    /// The last lines that it printed.
    pub tail: Vec<String>,
    /// How long it ran.
    pub took: Duration,
}
