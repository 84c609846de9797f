//! Why a driver came to rest.

use super::driver::Driver;
use super::event::Goal;

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
    /// Something is missing on this side ([`Driver::blocked`]); everything is as it was.
    Blocked,
    /// It was asked to stop.
    Interrupted,
}

impl Driver<'_> {
    /// Where it came to rest, with nothing under way.
    pub(super) fn halt(&self) -> DriveResult {
        if self.run.ended {
            DriveResult::Terminated
        } else if !self.blocked.is_empty() {
            DriveResult::Blocked
        } else if matches!(self.run.goal, Some(Goal::Up { .. })) {
            if self.run.tally().ready == self.run.records().len() { DriveResult::Up } else { DriveResult::Failed }
        } else {
            DriveResult::LeftoversRemain
        }
    }
}
