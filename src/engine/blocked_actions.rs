//! What a drive met beside what the run tells: what it could not begin, which terminate programs failed, what it
//! proved.

use super::action::Action;
use super::driver::{Driver, DriverError};
use super::event::{Failure, Goal};
use super::tasks::program_failed;
use crate::plan::ProgramKind;

impl Driver<'_> {
    /// What could not be done for a reason that is on this side, by service. Nothing was done for it instead.
    pub fn blocked(&self) -> Vec<(String, Failure)> {
        let service = |action: &Action| Some(self.run.service(action.position()?).name.clone());
        let mut blocked: Vec<(String, Failure)> =
            self.blocked.iter().filter_map(|(action, failure)| Some((service(action)?, failure.clone()))).collect();
        blocked.sort_by(|(one, _), (other, _)| one.cmp(other));
        blocked
    }

    /// The terminate programs that failed meanwhile, by service.
    pub fn farewells(&self) -> &[(String, Failure)] {
        &self.farewells
    }

    /// Whether the service of this name was found ready while this drove; otherwise that is only recorded.
    pub fn has_proved(&self, service: &str) -> bool {
        self.proved.contains(service)
    }

    /// The action cannot be begun for a reason that is on this side: that is no reason to take the service for broken.
    pub(super) fn hold_up(&mut self, action: Action, failure: Failure) -> Result<(), DriverError> {
        match action {
            // On the way down, what cannot be started has failed, and whoever brings the run down says what follows
            // from that.
            Action::RunTerminateProgram(position) if self.run.goal.as_ref().is_some_and(Goal::is_down) => {
                self.change(position, program_failed(ProgramKind::Terminate, failure))
            }
            action => {
                self.block(action, failure);
                Ok(())
            }
        }
    }

    /// The action cannot be begun for a reason that is on this side.
    pub(super) fn block(&mut self, action: Action, failure: Failure) {
        self.agenda.begun(&action);
        self.blocked.insert(action, failure);
    }
}
