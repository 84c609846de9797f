use thiserror::Error;

/// A scenario that cannot be simulated.
#[derive(Debug, Error)]
pub enum ScenarioError {
    /// The text is no scenario.
    #[error("not a scenario: {0}")]
    Syntax(#[source] serde_json::Error),
    /// A part has an unknown key or a value of the wrong kind.
    #[error("scenario {id}: in `{part}`: {source}")]
    Part {
        /// The scenario.
        id: String,
        /// The part.
        part: &'static str,
        /// The error, which names the key.
        #[source]
        source: serde_json::Error,
    },
    /// A value is out of range.
    #[error("scenario {id}: `{key}` is {value}, but must be {expected}")]
    Value {
        /// The scenario.
        id: String,
        /// The key.
        key: &'static str,
        /// The value.
        value: String,
        /// The values that are accepted.
        expected: &'static str,
    },
}
