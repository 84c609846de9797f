//! Why a secret cannot be read.

use std::path::PathBuf;

use crate::diagnostics::Diagnostic;
use crate::plan::SecretSource;

/// The hint for a secret with which a run was begun.
pub(super) const SET_AS_IT_WAS: &str = "secrets are read anew by each command; set it as it was";

/// Why a secret cannot be read. Does not contain its value.
#[derive(Debug, thiserror::Error)]
pub(super) enum SecretError {
    /// There is no such environment variable.
    #[error("the environment variable {0}, which holds a secret, is not set")]
    NotSet(String),
    /// The environment variable is not Unicode text.
    #[error("the secret in the environment variable {0} is not UTF-8")]
    NotUnicode(String),
    /// The file cannot be read.
    #[error("cannot read the secret in {}: {error}", path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// Why.
        error: std::io::Error,
    },
    /// It has too few characters to be told from other text; the message of [`SecretSource::too_short`].
    #[error("{0}")]
    TooShort(String),
}

impl SecretError {
    /// Returns the error of a secret from `source` with too few characters; `None` if it has enough.
    pub(super) fn of_length(source: &SecretSource, value: &str) -> Option<Self> {
        source.too_short(value).map(Self::TooShort)
    }

    /// Returns the diagnostic for a command that begins a run.
    pub(super) fn before_a_run(&self) -> Diagnostic {
        Diagnostic::error(self.to_string()).hint("set it, and call this again")
    }

    /// Returns the diagnostic for a command that goes on with a run, which was begun with the secret.
    pub(super) fn during_a_run(&self) -> Diagnostic {
        Diagnostic::error(self.to_string()).hint(SET_AS_IT_WAS)
    }
}
