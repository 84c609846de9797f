//! Exit codes, and the error that carries one.

use std::process::ExitCode;

use crate::diagnostics::{Cause, Diagnostic};
use crate::provider::CloudError;
use crate::state::StateError;
use crate::template::TemplateError;

/// Exit code of hoist. Scripts rely on these numbers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    /// Done; healthy; nothing to change.
    Done,
    /// Failed; unhealthy; invalid plan.
    Failed,
    /// Would change, drifted or degraded; unknown.
    Changed,
    /// Partly done: resources remain, and the message names them and the command to continue.
    Remains,
    /// Another process holds the run or the annex.
    Held,
    /// Refused by a budget, quota or policy.
    Refused,
    /// Wrong usage.
    Usage,
    /// Interrupted by Ctrl-C, after a safe stop.
    Interrupted,
    /// Interrupted by SIGTERM, after a safe stop.
    Terminated,
    /// The exit code of a program that was run for the user, as it is.
    Program(u8),
}

impl Exit {
    /// Returns the code.
    pub fn code(self) -> u8 {
        match self {
            Self::Done => 0,
            Self::Failed => 1,
            Self::Changed => 2,
            Self::Remains => 3,
            Self::Held => 4,
            Self::Refused => 5,
            Self::Usage => 64,
            Self::Interrupted => 130,
            Self::Terminated => 143,
            Self::Program(code) => code,
        }
    }
}

impl From<Exit> for ExitCode {
    fn from(exit: Exit) -> Self {
        ExitCode::from(exit.code())
    }
}

/// Error of a command, for a person, with hints.
#[derive(Clone, Debug)]
pub struct CommandError {
    /// The exit code.
    pub exit: Exit,
    /// What failed, and during which action.
    pub message: String,
    /// Hints, a line each.
    pub hints: Vec<String>,
}

/// Result of a command.
pub type CommandResult = Result<Exit, CommandError>;

impl CommandError {
    /// Creates an error with exit code 1.
    pub fn new(message: impl Into<String>) -> Self {
        Self::with_exit(Exit::Failed, message)
    }

    /// Creates an error with the given exit code.
    pub fn with_exit(exit: Exit, message: impl Into<String>) -> Self {
        Self { exit, message: message.into(), hints: Vec::new() }
    }

    /// Adds a hint.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// Adds several hints.
    #[must_use]
    pub fn hints<T: Into<String>>(mut self, hints: impl IntoIterator<Item = T>) -> Self {
        self.hints.extend(hints.into_iter().map(Into::into));
        self
    }
}

/// Maps the cause of a diagnostic to an exit code.
impl From<Cause> for Exit {
    fn from(cause: Cause) -> Self {
        match cause {
            Cause::State => Self::Failed,
            Cause::Usage => Self::Usage,
            Cause::Policy => Self::Refused,
        }
    }
}

impl From<Diagnostic> for CommandError {
    fn from(told: Diagnostic) -> Self {
        Self { exit: told.cause.into(), message: told.sentence(), hints: told.hints }
    }
}

impl From<CloudError> for CommandError {
    fn from(error: CloudError) -> Self {
        Diagnostic::from(error).into()
    }
}

impl From<StateError> for CommandError {
    fn from(error: StateError) -> Self {
        let exit = if error.is_of_another_process() { Exit::Held } else { Exit::Failed };
        Self { exit, ..Diagnostic::from(&error).into() }
    }
}

impl From<TemplateError> for CommandError {
    fn from(error: TemplateError) -> Self {
        Self { message: error.sentence(), ..error.diagnostic.into() }
    }
}
