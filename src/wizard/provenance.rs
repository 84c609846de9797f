//! Where an answer comes from.

use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;

use super::question::Question;

/// Where an answer comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// It was typed when the wizard asked.
    Typed,
    /// An option of the command line.
    Option,
    /// A line of an answers file.
    Answers(Arc<PathBuf>, usize),
    /// A line of an `ecm.conf`.
    Ecm(Arc<PathBuf>, usize),
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
        match self {
            Self::Option => format!("--{}", question.option()),
            Self::Ecm(..) => format!("{self}: {}", question.ecm_key().unwrap_or(question.key())),
            Self::Answers(..) => format!("{self}: {}", question.key()),
            Self::Typed | Self::Default => question.key().to_owned(),
        }
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Typed => f.write_str("typed"),
            Self::Option => f.write_str("the command line"),
            Self::Answers(file, line) | Self::Ecm(file, line) => {
                let name: String = file.to_string_lossy().chars().flat_map(char::escape_debug).collect();
                write!(f, "{name}:{line}")
            }
            Self::Default => f.write_str("the default"),
        }
    }
}
