//! Why a driver came to rest.

use super::goal::Goal;
use super::run::Run;

/// Why the driver came to rest.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DriveResult {
    /// Every service is ready.
    Up,
    /// A service failed or was lost, and nothing more can be done without a person.
    Failed,
    /// Nothing is left of the run.
    Terminated,
    /// Something could not be removed.
    LeftoversRemain,
    /// Something is missing on this side ([`super::Driver::blocked`]); everything is as it was.
    Blocked,
    /// It was asked to stop.
    Interrupted,
}

impl DriveResult {
    /// Where `run` came to rest, with nothing under way; `is_blocked`: something could not be begun.
    pub(super) fn at_rest(run: &Run, is_blocked: bool) -> Self {
        if run.ended {
            Self::Terminated
        } else if is_blocked {
            Self::Blocked
        } else if matches!(run.goal, Some(Goal::Up { .. })) {
            if run.tally().ready == run.records().len() { Self::Up } else { Self::Failed }
        } else {
            Self::LeftoversRemain
        }
    }
}
