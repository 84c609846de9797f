//! A worker that was asked for, and that the cloud has not launched.

use crate::scaler::{LaunchIntent, Worker};

/// Whose life is told.
#[derive(Clone, Debug)]
pub enum Whose {
    /// That of a worker.
    Worker(Box<Worker>),
    /// That of a name which no machine has got.
    Name(AskedWorker),
}

/// A worker that was asked for, and that the cloud has not launched.
#[derive(Clone, Debug)]
pub struct AskedWorker {
    /// The name that it was to have.
    pub name: String,
    /// The launch that asked for it.
    pub intent: Box<LaunchIntent>,
    /// Whether the cloud's answer is still to come.
    pub is_open: bool,
}

impl AskedWorker {
    /// Returns its phase as a word.
    pub(super) fn phase(&self) -> &'static str {
        if self.is_open { "asked_for" } else { "not_launched" }
    }
}
