//! How starting an init went, told to whoever started it.

use std::io::Write as _;

/// How starting an init went; what it writes to its standard output.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StartReport {
    /// It serves.
    Ready,
    /// Another one does, or is about to.
    AlreadyThere,
    /// It could not be started.
    Failed(String),
}

impl StartReport {
    const READY: &str = "ready";
    const ALREADY_THERE: &str = "already there";
    const FAILED: &str = "failed: ";

    /// Reads what [`Self::send`] wrote; nothing at all means that the process ended on the way.
    pub(crate) fn read(text: &str) -> Self {
        match text {
            Self::READY => Self::Ready,
            Self::ALREADY_THERE => Self::AlreadyThere,
            "" => Self::Failed("it ended without a word".to_owned()),
            other => Self::Failed(other.strip_prefix(Self::FAILED).unwrap_or(other).to_owned()),
        }
    }

    /// Writes it to standard output.
    pub(super) fn send(&self) {
        let text = match self {
            Self::Ready => Self::READY.to_owned(),
            Self::AlreadyThere => Self::ALREADY_THERE.to_owned(),
            Self::Failed(message) => format!("{}{message}", Self::FAILED),
        };
        let mut output = std::io::stdout();
        // Whoever asked may be gone; the instance does not depend on that.
        let _ = output.write_all(text.as_bytes()).and_then(|()| output.flush());
    }
}
