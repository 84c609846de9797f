//! One thing that was found in user data.

use std::fmt;

use serde::Serialize;

use super::check::{LintCheck, SECRET, WEAK_SECRET};
use super::lint_path::LintPath;
use super::severity::Severity;
use crate::user_data::secrets::DetectedSecret;

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
    /// Its name, by which it can be allowed: `unknown-key`; of a secret, what it is: `password:db_password`.
    pub name: String,
    /// What is wrong.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
    /// The name by which a secret can be allowed.
    pub secret: Option<String>,
}

impl Finding {
    pub(super) fn new(check: &LintCheck, place: &LintPath, line: u32, message: impl Into<String>) -> Self {
        let line = place.line(line);
        Self {
            file_line: place.file_line(line),
            within: place.within(),
            line,
            severity: check.severity,
            check: check.group,
            name: check.name.to_owned(),
            message: message.into(),
            hint: None,
            secret: None,
        }
    }

    /// A secret, which is told by what it is.
    pub(super) fn secret(secret: &DetectedSecret, place: &LintPath) -> Self {
        let mut finding = if secret.is_public {
            Self::new(&WEAK_SECRET, place, secret.line, secret.what.clone())
        } else {
            let message = format!("{} stands in the user data", secret.what);
            Self::new(&SECRET, place, secret.line, message).hint(format!(
                "fetch it at the start, with the machine's role; if it is meant to be there: --allow-secret {}",
                secret.name
            ))
        };
        finding.name.clone_from(&secret.name);
        finding.secret = Some(secret.name.clone());
        finding
    }

    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// Whether one of these is its name, that of its check, or that of its rule.
    pub fn is_named<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> bool {
        names.any(|name| self.name == name || self.check == name || self.name.split(':').next() == Some(name))
    }
}

/// Without the file's name: `14: error: in part 2: what is wrong (what to try) [unknown-key]`.
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
        self.hint.iter().try_for_each(|hint| write!(f, " ({hint})"))?;
        write!(f, " [{}]", self.name)
    }
}
