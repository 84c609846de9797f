use crate::diagnostics::{agreeing, counted};
use thiserror::Error;

/// A setting that an engine does not accept.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ConfigError {
    /// A setting without which the engine cannot start.
    #[error("the engine needs the setting `{setting}`; give it a value")]
    Missing {
        /// The setting.
        setting: &'static str,
    },
    /// A value of the wrong kind.
    #[error("`{setting}` is {value}, but must be {expected}")]
    Value {
        /// The setting.
        setting: &'static str,
        /// The value.
        value: String,
        /// The kind of value that is accepted.
        expected: &'static str,
    },
    /// More unique slots than machines.
    #[error("{} {} not fit in {}; raise `preserve_n` or take slots out", counted(*slots, "unique slot"),
        agreeing(*slots, "does", "do"), counted(*machines, "machine"))]
    Slots {
        /// Number of slots.
        slots: usize,
        /// Number of machines.
        machines: i64,
    },
    /// A text in the description of a kind of machine that is no ClassAd expression.
    #[error("`{attribute}` of the machines `{kind}` is {text}, which is no ClassAd expression: {problem}")]
    Expression {
        /// The kind.
        kind: String,
        /// The attribute.
        attribute: String,
        /// The text.
        text: String,
        /// What is wrong with it.
        problem: String,
    },
    /// The engine takes no new settings while it runs.
    #[error("the engine {engine} takes no new settings while it runs; restart it with them")]
    Fixed {
        /// The engine.
        engine: &'static str,
    },
}
