//! A diagnostic: severity, place, message and hints.

use std::fmt;

use super::place::Place;
use super::printable::without_controls;
use super::severity::Severity;

/// The kind of a problem's cause, which determines the exit code of a command.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Cause {
    /// An unsuitable state of a file, a machine or a cloud.
    #[default]
    State,
    /// Invalid user input.
    Usage,
    /// A budget, a quota or a policy that forbids the operation.
    Policy,
}

/// A problem to report. Contains no secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// The severity of the problem.
    pub severity: Severity,
    /// The kind of its cause.
    pub cause: Cause,
    /// The place in a file, if the problem is in one.
    pub place: Option<Place>,
    /// The problem and the operation that it affects, in one sentence without a full stop.
    pub message: String,
    /// Suggested remedies, a line each.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// Creates a diagnostic of this severity.
    pub fn new(severity: Severity, message: impl Into<String>) -> Self {
        Self { severity, ..Self::error(message) }
    }

    /// Creates an error: the subject is unusable.
    pub fn error(message: impl Into<String>) -> Self {
        let (severity, cause) = (Severity::Error, Cause::State);
        Self { severity, cause, place: None, message: message.into(), hints: Vec::new() }
    }

    /// Creates a warning: something has no effect, or is probably unintended.
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message)
    }

    /// Creates an error about invalid user input.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { cause: Cause::Usage, ..Self::error(message) }
    }

    /// Creates an error about an operation that a budget, a quota or a policy forbids.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { cause: Cause::Policy, ..Self::error(message) }
    }

    /// Sets the place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
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

    /// Prefixes the message with its subject: `service web: …`.
    #[must_use]
    pub fn of(mut self, whom: impl fmt::Display) -> Self {
        self.message = format!("{whom}: {}", self.message);
        self
    }

    /// Escapes control characters in message and hints, so that text quoted from a file or a program cannot act on the
    /// terminal.
    #[must_use]
    pub fn printable(mut self) -> Self {
        self.message = without_controls(&self.message);
        self.hints.iter_mut().for_each(|hint| *hint = without_controls(hint));
        self
    }

    /// Returns place and message in one line, without hints.
    pub fn sentence(&self) -> String {
        self.place.as_ref().map_or_else(|| self.message.clone(), |place| format!("{place}: {}", self.message))
    }

    /// Joins the hints into one sentence, for displays with room for only one.
    pub fn joined_hints(&self) -> Option<String> {
        (!self.hints.is_empty()).then(|| self.hints.join("; "))
    }

    /// Whether the severity is [`Severity::Error`].
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// `plan.toml:3: warning: MESSAGE`, with the hints on lines of their own.
impl fmt::Display for Diagnostic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.place.iter().try_for_each(|place| write!(f, "{place}: "))?;
        if !self.is_error() {
            write!(f, "{}: ", self.severity)?;
        }
        f.write_str(&self.message)?;
        self.hints.iter().try_for_each(|hint| write!(f, "\n  {hint}"))
    }
}

impl std::error::Error for Diagnostic {}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_says_where_what_and_what_to_try() {
        let wrong =
            Diagnostic::error("unknown key \"readpgm\"").at(Place::new("plan.toml", Some(12))).hint("did you mean x?");
        assert_eq!(wrong.to_string(), "plan.toml:12: unknown key \"readpgm\"\n  did you mean x?");
        assert_eq!(Diagnostic::warning("odd").of("service web").to_string(), "warning: service web: odd");
        assert_eq!(wrong.sentence(), "plan.toml:12: unknown key \"readpgm\"");
        assert_eq!(wrong.clone().hint("or y").joined_hints().as_deref(), Some("did you mean x?; or y"));
        assert_eq!(Diagnostic::error("odd").joined_hints(), None);
        assert!(wrong.is_error() && !Diagnostic::warning("odd").is_error());
    }
}
