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
    /// A local requirement is missing ([`super::Driver::blocked`]); everything is as it was.
    Blocked,
    /// The driver was asked to stop.
    Interrupted,
}

impl DriveResult {
    /// Returns the result for `run` with nothing under way; `is_blocked` tells that an action could not begin.
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
