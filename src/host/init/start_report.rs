//! The outcome of starting an init, as reported to the process that started it.

use std::io::Write as _;

/// The outcome of starting an init, written to its standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StartReport {
    /// The init serves.
    Ready,
    /// Another init serves, or is about to.
    AlreadyThere,
    /// The init could not be started.
    Failed(String),
}

impl StartReport {
    const READY: &str = "ready";
    const ALREADY_THERE: &str = "already there";
    const FAILED: &str = "failed: ";

    /// Parses the output of [`Self::send`]. No output at all means that the process ended prematurely.
    pub(crate) fn read(text: &str) -> Self {
        match text {
            Self::READY => Self::Ready,
            Self::ALREADY_THERE => Self::AlreadyThere,
            "" => Self::Failed("it ended without a word".to_owned()),
            other => Self::Failed(other.strip_prefix(Self::FAILED).unwrap_or(other).to_owned()),
        }
    }

    /// Writes the report to standard output.
    pub(super) fn send(&self) {
        let text = match self {
            Self::Ready => Self::READY.to_owned(),
            Self::AlreadyThere => Self::ALREADY_THERE.to_owned(),
            Self::Failed(message) => format!("{}{message}", Self::FAILED),
        };
        let mut output = std::io::stdout();
        // The reader may be gone; the instance does not depend on it.
        let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    }
}
