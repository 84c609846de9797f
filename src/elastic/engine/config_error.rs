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
    #[error("{slots} unique slots do not fit in {machines} machines; raise `preserve_n` or take slots out")]
    Slots {
        /// Number of slots.
        slots: usize,
        /// Number of machines.
        machines: i64,
    },
    /// The engine takes no new settings while it runs.
    #[error("the engine {engine} takes no new settings while it runs; restart it with them")]
    Fixed {
        /// The engine.
        engine: &'static str,
    },
}
