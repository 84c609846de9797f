//! What came of driving a run.

use crate::app::Exit;
use crate::engine::{DriveResult, ObservedInstance, Run};
use crate::report::RunEnding;

/// What came of a session.
pub(crate) struct RunOutcome {
    /// How the run came to rest.
    pub(crate) halt: DriveResult,
    /// The run as it is now.
    pub(crate) run: Run,
    /// How it ended, for people and for JSON.
    pub(crate) ending: RunEnding,
    /// How it ends where it was stopped.
    pub(super) interrupted: Exit,
}

/// A service that is recorded as ready, its instance's id, and what its cloud shows of that.
pub(crate) type CheckedRun = (String, String, ObservedInstance);

impl RunOutcome {
    /// With what the clouds showed of services that were recorded as ready and that nothing was done to.
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

    /// Everything that is ready was found so a moment ago, by whoever called this.
    #[must_use]
    pub(crate) fn all_proved(mut self) -> Self {
        self.ending.unproved.clear();
        self
    }

    /// What a caller is told by a number.
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

    /// The same in a word.
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
