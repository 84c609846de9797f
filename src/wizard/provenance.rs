//! Where an answer comes from.

use super::question::Question;
use crate::diagnostics::Place;
use std::fmt;

/// Where an answer comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was typed when the wizard asked.
    Typed,
    /// An option of the command line.
    Option,
    /// A line of an answers file.
    Answers(Place),
    /// A line of an `ecm.conf`.
    Ecm(Place),
    /// It follows from other answers, or from what is here.
    Default,
}

/// An answer that was given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourcedAnswer {
    /// As it was written.
    pub text: String,
    /// By whom.
    pub origin: Origin,
}

impl Origin {
    /// The answer's place as messages begin: `ecm.conf:3: MAX_VMS`, `--max-workers`, `max_workers`.
    pub fn of(&self, question: Question) -> String {
        let name = self.name_of(question);
        self.place().map_or_else(|| name.clone(), |place| format!("{place}: {name}"))
    }

    /// What the answer is called there: `MAX_VMS`, `--max-workers`, `max_workers`.
    pub(super) fn name_of(&self, question: Question) -> String {
        match self {
            Self::Option => format!("--{}", question.option()),
            Self::Ecm(_) => question.ecm_key().unwrap_or(question.key()).to_owned(),
            Self::Answers(_) | Self::Typed | Self::Default => question.key().to_owned(),
        }
    }

    /// The line of a file, where it stands in one.
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
