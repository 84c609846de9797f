//! Errors in templates and their values.

use std::fmt;

use crate::diagnostics::{Diagnostic, Place, did_you_mean};

/// Maximum number of names listed in a message.
const MOST_NAMES: usize = 30;

/// Error in a template or in a value for it. Never holds a value, which may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// Location of the template, the error, and hints.
    pub diagnostic: Diagnostic,
}

impl TemplateError {
    /// Creates an error in a line (from 1) of the template with this name, or of its file if it has one; without a line
    /// the template as a whole is meant.
    pub fn new(template: &str, line: Option<usize>, message: impl Into<String>) -> Self {
        Self { diagnostic: Diagnostic::error(message).at(Place::new(template, line)).printable() }
    }

    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.hint(hint);
        self
    }

    /// Returns location and error: `template worker, line 3: …`.
    pub fn sentence(&self) -> String {
        let Diagnostic { place, message, .. } = &self.diagnostic;
        let Some(Place { file, line }) = place else { return message.clone() };
        let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
        format!("template {}{line}: {message}", file.display())
    }
}

/// Followed by the hints, on their own lines.
impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())?;
        self.diagnostic.hints.iter().try_for_each(|hint| write!(f, "\n  {hint}"))
    }
}

impl std::error::Error for TemplateError {}

/// Returns a hint for an unknown name: the nearest known one, and the list of all.
pub(super) fn known_names<'a>(name: &str, what: &str, known: impl IntoIterator<Item = &'a str>) -> String {
    let mut known: Vec<&str> = known.into_iter().collect();
    known.sort_unstable();
    if known.is_empty() {
        return format!("there are no {what}");
    }
    let slip = did_you_mean(name, known.iter().copied()).map(|meant| format!("{meant} "));
    let more = known.len().saturating_sub(MOST_NAMES);
    known.truncate(MOST_NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{what}: {}{more}", slip.unwrap_or_default(), known.join(", "))
}
