//! The status of a run, in a word and in numbers.

use super::goal::Goal;
use super::run::Run;
use super::store::{RunStatus, Summary};

impl Run {
    /// Returns the run's status, in the words of `plan list`.
    pub fn status(&self) -> RunStatus {
        if self.ended {
            RunStatus::Terminated
        } else if self.goal.as_ref().is_some_and(Goal::is_down) {
            RunStatus::Terminating
        } else if self.tally().broken > 0 {
            RunStatus::Failed
        } else if self.tally().ready < self.records().len() || matches!(self.goal, Some(Goal::Reload { .. })) {
            RunStatus::Booting
        } else {
            RunStatus::Up
        }
    }

    /// Returns the run's numbers for `plan list`.
    pub fn summary(&self) -> Summary {
        Summary {
            status: self.status(),
            services: self.records().len(),
            ready: self.tally().ready,
            failed: self.tally().broken,
            instances: self.tally().instances,
        }
    }
}
