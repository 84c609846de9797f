//! The severity of a diagnostic.

use std::fmt;

use serde::Serialize;

/// The severity of a diagnostic, the least first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Information.
    Note,
    /// The subject works, but part of it has no effect or is probably unintended.
    Warning,
    /// The subject is unusable.
    Error,
}

impl Severity {
    /// Returns the word for messages and documents.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}
