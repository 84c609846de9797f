//! Why a value cannot be known here.

use std::fmt::{self, Display, Formatter};

/// Why a value cannot be known outside of HTCondor.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// A function that is not built in to HTCondor 23 to 25: from a newer version or a site's own library.
    Function(String),
    /// A regular expression that needs what is not supported here, with what that is.
    Pattern {
        /// The regular expression.
        pattern: String,
        /// What it needs.
        needs: String,
    },
    /// A function whose result depends on the daemon's machine or configuration, or on chance.
    Environment(String),
    /// A function that needs the time zone of the daemon's machine, which was not given.
    TimeZone(String),
    /// An evaluation that takes too long or nests too deeply.
    Effort,
}

impl Display for Unknown {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Function(name) => write!(f, "the function {name} is not known"),
            Self::Pattern { pattern, needs } => write!(f, "the regular expression {pattern:?} needs {needs}"),
            Self::Environment(name) => write!(f, "{name} depends on the daemon that evaluates it"),
            Self::TimeZone(name) => write!(f, "{name} depends on the time zone of the daemon that evaluates it"),
            Self::Effort => f.write_str("the expression takes too long to evaluate"),
        }
    }
}

/// Why an evaluation ends before it has a value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Stop {
    /// HTCondor gives up, as for an attribute that refers to itself.
    Failed,
    /// The value is not known.
    Unknown(Box<Unknown>),
}

impl From<Unknown> for Stop {
    fn from(unknown: Unknown) -> Self {
        Self::Unknown(Box::new(unknown))
    }
}
