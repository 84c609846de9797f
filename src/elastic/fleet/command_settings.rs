use std::time::Duration;

/// Settings of an engine that is a program of the user's own.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CommandSettings {
    /// The program and its arguments.
    pub program: Vec<String>,
    /// Time after which it is stopped.
    pub timeout: Duration,
}
