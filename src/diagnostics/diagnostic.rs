//! One thing that is wrong: how bad, where, what, and what to try.

use std::fmt;

use super::place::Place;
use super::printable::without_controls;
use super::severity::Severity;

/// Whose it is to mend; the exit code of a command follows from it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Cause {
    /// Something is not as it must be: a file, a machine, a cloud.
    #[default]
    State,
    /// What was typed cannot be meant.
    Usage,
    /// A budget, a quota or a policy does not allow it.
    Policy,
}

/// One thing that is wrong. No secret is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// How bad it is.
    pub severity: Severity,
    /// Whose it is to mend.
    pub cause: Cause,
    /// Where it stands, if it stands in a file.
    pub place: Option<Place>,
    /// Which thing is wrong while doing what, in one sentence without a full stop.
    pub message: String,
    /// What to try, a line each.
    pub hints: Vec<String>,
}

impl Diagnostic {
    /// Something this bad.
    pub fn new(severity: Severity, message: impl Into<String>) -> Self {
        Self { severity, ..Self::error(message) }
    }

    /// Something with which nothing can be done.
    pub fn error(message: impl Into<String>) -> Self {
        let (severity, cause) = (Severity::Error, Cause::State);
        Self { severity, cause, place: None, message: message.into(), hints: Vec::new() }
    }

    /// Something that has no effect, or is probably not meant.
    pub fn warning(message: impl Into<String>) -> Self {
        Self::new(Severity::Warning, message)
    }

    /// Something that was typed and cannot be meant.
    pub fn usage(message: impl Into<String>) -> Self {
        Self { cause: Cause::Usage, ..Self::error(message) }
    }

    /// Something that a budget, a quota or a policy does not allow.
    pub fn refused(message: impl Into<String>) -> Self {
        Self { cause: Cause::Policy, ..Self::error(message) }
    }

    /// The same, at this place.
    #[must_use]
    pub fn at(mut self, place: Place) -> Self {
        self.place = Some(place);
        self
    }

    /// The same, with one more thing to try.
    #[must_use]
    pub fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hints.push(hint.into());
        self
    }

    /// The same, with each of these to try.
    #[must_use]
    pub fn hints<T: Into<String>>(mut self, hints: impl IntoIterator<Item = T>) -> Self {
        self.hints.extend(hints.into_iter().map(Into::into));
        self
    }

    /// The same, said of `whom`: `service web: …`.
    #[must_use]
    pub fn of(mut self, whom: impl fmt::Display) -> Self {
        self.message = format!("{whom}: {}", self.message);
        self
    }

    /// The same as it may be shown: what it quotes from a file or from a program is escaped, so that it does not reach
    /// the terminal as a command to it.
    #[must_use]
    pub fn printable(mut self) -> Self {
        self.message = without_controls(&self.message);
        self.hints.iter_mut().for_each(|hint| *hint = without_controls(hint));
        self
    }

    /// Where, and what is wrong, in one line without what to try.
    pub fn sentence(&self) -> String {
        self.place.as_ref().map_or_else(|| self.message.clone(), |place| format!("{place}: {}", self.message))
    }

    /// What to try, as one sentence, for what has room for one.
    pub fn joined_hints(&self) -> Option<String> {
        (!self.hints.is_empty()).then(|| self.hints.join("; "))
    }

    /// Whether nothing can be done with what has it.
    pub fn is_error(&self) -> bool {
        self.severity == Severity::Error
    }
}

/// `plan.toml:3: warning: what is wrong`, with what to try on lines of their own.
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
