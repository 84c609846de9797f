//! What is wrong with a template, or with a value for it.

use std::fmt;

use crate::diagnostics::{Diagnostic, Place, did_you_mean};

/// Most names that a message lists.
const MOST_NAMES: usize = 30;

/// What is wrong with a template, or with a value for it. Never holds a value: it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// Where the template stands, what is wrong, and what to try.
    pub diagnostic: Diagnostic,
}

impl TemplateError {
    /// Something that is wrong in a line, from 1, of the template with this name, or of this file where it has one;
    /// without a line the template as a whole is meant.
    pub fn new(template: &str, line: Option<usize>, message: impl Into<String>) -> Self {
        Self { diagnostic: Diagnostic::error(message).at(Place::new(template, line)).printable() }
    }

    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.diagnostic = self.diagnostic.hint(hint);
        self
    }

    /// Where, and what is wrong: `template worker, line 3: …`.
    pub fn sentence(&self) -> String {
        let Diagnostic { place, message, .. } = &self.diagnostic;
        let Some(Place { file, line }) = place else { return message.clone() };
        let line = line.map(|line| format!(", line {line}")).unwrap_or_default();
        format!("template {}{line}: {message}", file.display())
    }
}

/// With what to try, in lines of their own.
impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.sentence())?;
        self.diagnostic.hints.iter().try_for_each(|hint| write!(f, "\n  {hint}"))
    }
}

impl std::error::Error for TemplateError {}

/// A hint for a name that is none of those that exist: the nearest one, and all of them.
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
