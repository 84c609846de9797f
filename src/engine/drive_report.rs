//! Findings of a drive beside what the run records.

use std::collections::{HashMap, HashSet};

use super::action::Action;
use super::event::ServiceEvent;
use super::failure::Failure;
use super::remain::Remain;
use super::run::Run;

/// The results of a drive: actions that could not begin, terminate programs that failed, services proved ready,
/// leftovers.
#[derive(Debug, Default)]
pub(super) struct DriveReport {
    /// Actions that cannot begin for a local reason; this driver does not try them again.
    blocked: HashMap<Action, Failure>,
    /// The terminate programs that failed, with their services.
    farewells: Vec<(String, Failure)>,
    /// The services that were found ready.
    proved: HashSet<String>,
    /// Leftovers beside the machines of the run's services, and clouds that could not tell.
    remains: Vec<Remain>,
}

impl DriveReport {
    /// Takes note of an event of a service.
    pub(super) fn take(&mut self, service: &str, change: &ServiceEvent) {
        match change {
            ServiceEvent::TerminateProgramEnded { failure: Some(failure) } => {
                self.farewells.push((service.to_owned(), failure.clone()));
            }
            ServiceEvent::Ready { .. } => drop(self.proved.insert(service.to_owned())),
            _ => {}
        }
    }

    /// Blocks an action that cannot begin, with the reason.
    pub(super) fn block(&mut self, action: Action, failure: Failure) {
        self.blocked.insert(action, failure);
    }

    /// Whether the action is blocked.
    pub(super) fn is_blocked(&self, action: &Action) -> bool {
        self.blocked.contains_key(action)
    }

    /// Whether any action is blocked.
    pub(super) fn blocks_something(&self) -> bool {
        !self.blocked.is_empty()
    }

    /// Unblocks all actions: under another plan they may be possible.
    pub(super) fn unblock(&mut self) {
        self.blocked.clear();
    }

    /// Returns the failures of blocked actions, by service.
    pub(super) fn blocked(&self, run: &Run) -> Vec<(String, Failure)> {
        let service = |action: &Action| Some(run.service(action.position()?).name.clone());
        let mut blocked: Vec<(String, Failure)> =
            self.blocked.iter().filter_map(|(action, failure)| Some((service(action)?, failure.clone()))).collect();
        blocked.sort_by(|(one, _), (other, _)| one.cmp(other));
        blocked
    }

    /// Returns the terminate programs that failed, with their services.
    pub(super) fn farewells(&self) -> &[(String, Failure)] {
        &self.farewells
    }

    /// Whether the service of this name was found ready.
    pub(super) fn has_proved(&self, service: &str) -> bool {
        self.proved.contains(service)
    }

    /// Adds a leftover.
    pub(super) fn add_remain(&mut self, remain: Remain) {
        self.remains.push(remain);
    }

    /// Returns the leftovers, and the clouds that could not tell.
    pub(super) fn remains(&self) -> &[Remain] {
        &self.remains
    }
}

#[cfg(test)]
mod tests {
    use super::super::failure::Stage;
    use super::super::test_run::run_of;
    use super::*;

    #[test]
    fn what_is_blocked_is_told_by_service_until_the_plan_is_another() {
        let run = run_of(&["db", "web"]);
        let mut report = DriveReport::default();
        report.block(Action::Boot(1), Failure::new(Stage::Boot, "no key"));
        report.block(Action::Reach(0), Failure::new(Stage::Reach, "no program"));
        assert!(report.is_blocked(&Action::Boot(1)) && !report.is_blocked(&Action::Boot(0)));
        let told = report.blocked(&run);
        let told: Vec<_> = told.iter().map(|(name, failure)| (name.as_str(), failure.reason.as_str())).collect();
        assert_eq!(told, [("db", "no program"), ("web", "no key")]);
        report.unblock();
        assert!(!report.blocks_something());
    }

    #[test]
    fn a_terminate_program_that_failed_and_a_service_that_works_are_kept() {
        let mut report = DriveReport::default();
        report.take("db", &ServiceEvent::TerminateProgramEnded { failure: None });
        assert!(report.farewells().is_empty());
        let failure = Failure::new(Stage::Terminate, "it ended with exit code 3");
        report.take("db", &ServiceEvent::TerminateProgramEnded { failure: Some(failure.clone()) });
        report.take("web", &ServiceEvent::Ready { degraded: None });
        assert_eq!(report.farewells(), [("db".to_owned(), failure)]);
        assert!(report.has_proved("web") && !report.has_proved("db"));
    }
}
