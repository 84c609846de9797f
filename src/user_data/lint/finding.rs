//! Findings in user data.

use std::cmp::Ordering;
use std::fmt;

use serde::ser::{Serialize, SerializeStruct as _, Serializer};

use super::check::{LintCheck, SECRET, WEAK_SECRET};
use super::lint_path::LintPath;
use crate::diagnostics::Diagnostic;
use crate::user_data::secrets::DetectedSecret;

/// A finding in user data. Contains no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The line of the file at which the outermost container begins, or the finding's own line; from 1.
    pub file_line: u32,
    /// The containers, from the outside: "part 2 (text/cloud-config)", "user_data_b64, embedded at line 14".
    pub within: Vec<String>,
    /// The line, from 1, in the file or in the innermost encoded container.
    pub line: u32,
    /// The severity, the problem, and the remedy. Its place is given by the lines here, since the file has no name yet.
    pub diagnostic: Diagnostic,
    /// The check: `secret`, `schema`, `yaml`, `shell`, …
    pub check: &'static str,
    /// The name by which it can be allowed: `unknown-key`; that of a secret has its kind: `password:db_password`.
    pub name: String,
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
            diagnostic: Diagnostic::new(check.severity, message),
            check: check.group,
            name: check.name.to_owned(),
            secret: None,
        }
    }

    /// Creates a finding for a secret, which is described by its kind.
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
        self.diagnostic = self.diagnostic.hint(hint);
        self
    }

    /// Returns whether one of the names is the finding's, its check's, or its rule's.
    pub fn is_named<'a>(&self, mut names: impl Iterator<Item = &'a str>) -> bool {
        names.any(|name| self.name == name || self.check == name || self.name.split(':').next() == Some(name))
    }
}

/// Orders by place and line, lowest severity first.
impl Ord for Finding {
    fn cmp(&self, other: &Self) -> Ordering {
        fn place(of: &Finding) -> impl Ord {
            (of.file_line, &of.within, of.line, of.diagnostic.severity)
        }
        fn thing(of: &Finding) -> impl Ord {
            (of.check, &of.name, &of.diagnostic.message, &of.diagnostic.hints, &of.secret)
        }
        place(self).cmp(&place(other)).then_with(|| thing(self).cmp(&thing(other)))
    }
}

impl PartialOrd for Finding {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// Serializes as one flat object, for programs: the diagnostic's fields are beside those of the place.
impl Serialize for Finding {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Finding", 9)?;
        fields.serialize_field("file_line", &self.file_line)?;
        fields.serialize_field("within", &self.within)?;
        fields.serialize_field("line", &self.line)?;
        fields.serialize_field("severity", &self.diagnostic.severity)?;
        fields.serialize_field("check", &self.check)?;
        fields.serialize_field("name", &self.name)?;
        fields.serialize_field("message", &self.diagnostic.message)?;
        fields.serialize_field("hint", &self.diagnostic.joined_hints())?;
        fields.serialize_field("secret", &self.secret)?;
        fields.end()
    }
}

/// Formats without the file's name: `14: error: in part 2: what is wrong (what to try) [unknown-key]`.
impl fmt::Display for Finding {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}: ", self.file_line, self.diagnostic.severity)?;
        if !self.within.is_empty() {
            write!(f, "in {}", self.within.join(", in "))?;
            if self.line != self.file_line {
                write!(f, ", line {}", self.line)?;
            }
            f.write_str(": ")?;
        }
        write!(f, "{}", self.diagnostic.message)?;
        self.diagnostic.hints.iter().try_for_each(|hint| write!(f, " ({hint})"))?;
        write!(f, " [{}]", self.name)
    }
}
