use std::str::FromStr;

use thiserror::Error;

use crate::app::elastic::Contestant;
use crate::diagnostics::did_you_mean;
use crate::elastic::simulate::YardstickError;

/// The engines of scenarios that fit no other workload.
const OF_SCENARIOS: [&str; 3] = ["npreserving", "queuelen", "coalition"];

/// An engine or yardstick as `--engine` names it.
#[derive(Clone, Debug)]
pub(super) enum EngineOption {
    /// One that any workload fits.
    Contestant(Contestant),
    /// One that decides in scenarios of its own.
    OfScenarios(&'static str),
}

/// A name of no engine.
#[derive(Debug, Error)]
pub(super) enum EngineOptionError {
    /// Nothing is named so.
    #[error(
        "there is no such engine; there are classad, elastiq, npreserving, queuelen, coalition, oracle and fixed:N, \
         N from 1 to 100000{hint}"
    )]
    Unknown { hint: String },
    /// It is no number of machines.
    #[error(transparent)]
    Fixed(YardstickError),
}

impl EngineOption {
    /// Returns the engine's name.
    pub(super) fn name(&self) -> &str {
        match self {
            Self::Contestant(contestant) => contestant.name(),
            Self::OfScenarios(name) => name,
        }
    }
}

impl FromStr for EngineOption {
    type Err = EngineOptionError;

    fn from_str(text: &str) -> Result<Self, EngineOptionError> {
        if let Some(name) = OF_SCENARIOS.into_iter().find(|name| *name == text) {
            return Ok(Self::OfScenarios(name));
        }
        text.parse().map(Self::Contestant).map_err(|error| {
            if text.starts_with("fixed:") {
                return EngineOptionError::Fixed(error);
            }
            let known = OF_SCENARIOS.into_iter().chain(["classad", "elastiq", "oracle"]);
            EngineOptionError::Unknown {
                hint: did_you_mean(text, known).map_or_else(String::new, |hint| format!("; {hint}")),
            }
        })
    }
}
