use std::str::FromStr;

use crate::elastic::simulate::{Yardstick, YardstickError};

/// A contestant of a comparison: an engine that a pool of any jobs fits, or a yardstick.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Contestant {
    /// hoist's own engine.
    Classad,
    /// elastiq's.
    Elastiq,
    /// A fixed pool, or perfect foresight; with its name.
    Yardstick(Yardstick, String),
}

impl Contestant {
    /// Returns its name in reports.
    pub(crate) fn name(&self) -> &str {
        match self {
            Self::Classad => "classad",
            Self::Elastiq => "elastiq",
            Self::Yardstick(_, name) => name,
        }
    }
}

impl FromStr for Contestant {
    type Err = YardstickError;

    fn from_str(text: &str) -> Result<Self, YardstickError> {
        match text {
            "classad" => Ok(Self::Classad),
            "elastiq" => Ok(Self::Elastiq),
            _ => text.parse().map(|yardstick| Self::Yardstick(yardstick, text.to_owned())),
        }
    }
}
