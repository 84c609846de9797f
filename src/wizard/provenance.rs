//! Origins of answers.

use super::question::Question;
use crate::diagnostics::Place;
use std::fmt;

/// The origin of an answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Typed in the interview.
    Typed,
    /// An option of the command line.
    Option,
    /// A line of an answers file.
    Answers(Place),
    /// A line of an `ecm.conf`.
    Ecm(Place),
    /// Derived from other answers or from the environment.
    Default,
}

/// An answer that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcedAnswer {
    /// The text as written.
    pub text: String,
    /// Its origin.
    pub origin: Origin,
}

impl Origin {
    /// Returns the answer's place, as in messages: `ecm.conf:3: MAX_VMS`, `--max-workers`, `max_workers`.
    pub fn of(&self, question: Question) -> String {
        let name = self.name_of(question);
        self.place().map_or_else(|| name.clone(), |place| format!("{place}: {name}"))
    }

    /// Returns the question's name at this origin: `MAX_VMS`, `--max-workers`, `max_workers`.
    pub(super) fn name_of(&self, question: Question) -> String {
        match self {
            Self::Option => format!("--{}", question.option()),
            Self::Ecm(_) => question.ecm_key().unwrap_or(question.key()).to_owned(),
            Self::Answers(_) | Self::Typed | Self::Default => question.key().to_owned(),
        }
    }

    /// Returns the place in a file, if the answer is from one.
    pub fn place(&self) -> Option<Place> {
        match self {
            Self::Answers(place) | Self::Ecm(place) => Some(place.clone()),
            Self::Typed | Self::Option | Self::Default => None,
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Typed => f.write_str("typed"),
            Self::Option => f.write_str("the command line"),
            Self::Answers(place) | Self::Ecm(place) => place.fmt(f),
            Self::Default => f.write_str("the default"),
        }
    }
}
