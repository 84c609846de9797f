//! One thing that was found in user data.

use std::fmt;

use serde::Serialize;

use super::walk::Place;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// For information.
    Note,
    /// It may work, and should be looked at.
    Warning,
    /// It does not work, or gives a secret away.
    Error,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        })
    }
}

/// One thing that was found. No secret is in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Finding {
    /// The line of the file where the outermost of what it is within begins, or of the thing itself; from 1.
    pub file_line: u32,
    /// What it is within, from the outside: "part 2 (text/cloud-config)", "user_data_b64, embedded at line 14".
    pub within: Vec<String>,
    /// The line, from 1: of the file, or of the innermost of `within` that is encoded.
    pub line: u32,
    /// How bad it is.
    pub severity: Severity,
    /// Which check found it: `secret`, `schema`, `yaml`, `shell`, …
    pub check: &'static str,
    /// What is wrong.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
    /// The name by which a secret can be allowed.
    pub secret: Option<String>,
}

impl Finding {
    fn new(severity: Severity, check: &'static str, place: &Place, line: u32, message: String) -> Self {
        let line = place.line(line);
        let (file_line, within) = (place.file_line(line), place.within());
        Self { file_line, within, line, severity, check, message, hint: None, secret: None }
    }

    pub(super) fn error(check: &'static str, place: &Place, line: u32, message: impl Into<String>) -> Self {
        Self::new(Severity::Error, check, place, line, message.into())
    }

    pub(super) fn warning(check: &'static str, place: &Place, line: u32, message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, check, place, line, message.into())
    }

    pub(super) fn note(check: &'static str, place: &Place, line: u32, message: impl Into<String>) -> Self {
        Self::new(Severity::Note, check, place, line, message.into())
    }

    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

/// Without the file's name: `14: error: in part 2: what is wrong (what to try)`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: ", self.file_line, self.severity)?;
        if !self.within.is_empty() {
            write!(f, "in {}", self.within.join(", in "))?;
            if self.line != self.file_line {
                write!(f, ", line {}", self.line)?;
            }
            f.write_str(": ")?;
        }
        write!(f, "{}", self.message)?;
        self.hint.iter().try_for_each(|hint| write!(f, " ({hint})"))
    }
}
