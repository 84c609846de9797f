//! Result of driving a run.

use crate::app::Exit;
use crate::engine::{DriveResult, ObservedInstance, Run};
use crate::report::RunEnding;

/// Result of a session.
pub(crate) struct RunOutcome {
    /// State in which the driver stopped.
    pub(crate) halt: DriveResult,
    /// The run in its current state.
    pub(crate) run: Run,
    /// Details of the end, for people and for JSON.
    pub(crate) ending: RunEnding,
    /// Exit code if the run was interrupted.
    pub(super) interrupted: Exit,
}

/// A service recorded as ready, its instance's id, and the answer of its cloud.
pub(crate) type CheckedRun = (String, String, ObservedInstance);

impl RunOutcome {
    /// Adds the answers of the clouds about untouched services that were recorded as ready.
    #[must_use]
    pub(crate) fn having_looked(mut self, looked: Vec<CheckedRun>) -> Self {
        let unproved = &self.ending.unproved;
        for (service, id, seen) in looked.into_iter().filter(|(service, ..)| unproved.contains(service)) {
            if let Some(reason) = seen.loss(&id) {
                self.ending.gone.push((service, reason));
            } else if let Some(silence) = seen.doubt() {
                self.ending.unknown.push((service, silence.to_string()));
            }
        }
        self
    }

    /// Marks all ready services as proved, since the caller has just checked them.
    #[must_use]
    pub(crate) fn all_proved(mut self) -> Self {
        self.ending.unproved.clear();
        self
    }

    /// Returns the exit code.
    pub(crate) fn exit(&self) -> Exit {
        match self.halt {
            DriveResult::Up if !self.ending.gone.is_empty() => Exit::Failed,
            DriveResult::Up if !self.ending.unknown.is_empty() => Exit::Changed,
            DriveResult::Up | DriveResult::Terminated => Exit::Done,
            DriveResult::Failed | DriveResult::Blocked => Exit::Failed,
            DriveResult::LeftoversRemain => Exit::Remains,
            DriveResult::Interrupted => self.interrupted,
        }
    }

    /// Returns the outcome as a word.
    pub(crate) fn word(&self) -> &'static str {
        match self.halt {
            DriveResult::Up if !self.ending.gone.is_empty() => "unhealthy",
            DriveResult::Up if !self.ending.unknown.is_empty() => "unknown",
            DriveResult::Up => "up",
            DriveResult::Blocked => "blocked",
            DriveResult::Failed => "failed",
            DriveResult::Terminated => "gone",
            DriveResult::LeftoversRemain => "remains",
            DriveResult::Interrupted => "stopped",
        }
    }
}
