//! Words for states in ads, tables and documents.

use super::status::MemberIssue;
use crate::annex::ObservedState;
use crate::provider::InstanceState;

/// Returns an instance's state in one word.
pub fn instance_word(state: InstanceState) -> &'static str {
    match state {
        InstanceState::Pending => "pending",
        InstanceState::Running => "running",
        InstanceState::ShuttingDown => "ending",
        InstanceState::Terminated => "ended",
        InstanceState::Stopping => "stopping",
        InstanceState::Stopped => "stopped",
    }
}

/// Returns an annex's state in one word, and the reason if there is one.
pub fn annex_words(state: &ObservedState) -> (&'static str, Option<String>) {
    match state {
        ObservedState::Changing => ("changing", None),
        ObservedState::Settled => ("settled", None),
        ObservedState::Failed(reason) => ("failed", Some(reason.clone())),
        ObservedState::Deleting => ("deleting", None),
        ObservedState::DeleteFailed(survivors) => {
            let all: Vec<String> = survivors.iter().map(|(name, reason)| format!("{name}: {reason}")).collect();
            ("delete-failed", Some(all.join("; ")))
        }
    }
}

impl MemberIssue {
    /// Returns the issue in one word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::NotJoined => "not-joined",
            Self::Gone => "gone",
            Self::Astray => "astray",
        }
    }
}
