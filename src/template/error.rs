//! What is wrong with a template, or with a value for it.

use std::fmt;

use crate::plan::nearest;

/// Most names that a message lists.
const MOST_NAMES: usize = 30;

/// What is wrong with a template, or with a value for it. Never holds a value: it may be a secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateError {
    /// The template's name, or its file where it has one.
    pub template: String,
    /// From 1; `None` where the template as a whole is meant.
    pub line: Option<usize>,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// What to try.
    pub hint: Option<String>,
}

impl TemplateError {
    pub(super) fn new(template: &str, line: Option<usize>, message: impl Into<String>) -> Self {
        // What a template holds must not reach the terminal as a command to it.
        let escaped = |c: char| if c.is_control() { c.escape_default().collect() } else { vec![c] };
        let message = message.into().chars().flat_map(escaped).collect();
        Self { template: template.to_owned(), line, message, hint: None }
    }

    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }
}

impl fmt::Display for TemplateError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "template {}", self.template)?;
        if let Some(line) = self.line {
            write!(f, ", line {line}")?;
        }
        write!(f, ": {}", self.message)?;
        if let Some(hint) = &self.hint {
            write!(f, "\n  {hint}")?;
        }
        Ok(())
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
    let slip = nearest(name, known.iter().copied()).map(|near| format!("did you mean \"{near}\"? "));
    let more = known.len().saturating_sub(MOST_NAMES);
    known.truncate(MOST_NAMES);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    format!("{}{what}: {}{more}", slip.unwrap_or_default(), known.join(", "))
}
