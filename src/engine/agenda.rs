//! The driver's agenda: services to decide and actions to start, so that a turn's cost depends on the changes and not
//! on the size of the run.

use std::collections::{BTreeMap, BTreeSet};

use super::action::Action;
use super::decide::Outlook;
use super::event::RunEvent;
use super::run::Run;

/// Services whose next step must be decided, and actions that wait for room. Services are given by position.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    /// The outlook of the last decisions.
    outlook: Option<Outlook>,
    changed: BTreeSet<usize>,
    /// Launches that wait; equal ones become one call.
    launches: BTreeSet<usize>,
    /// Removals that wait; those of one cloud become one call.
    removals: BTreeSet<usize>,
    others: BTreeMap<usize, Action>,
}

impl Agenda {
    /// Marks a service for the next decision.
    pub(super) fn mark(&mut self, position: usize) {
        self.changed.insert(position);
    }

    /// Marks the services whose next step may differ after `event`, which `run` has already applied.
    pub(super) fn mark_after(&mut self, run: &Run, event: &RunEvent) {
        let services = match event {
            RunEvent::Service { service, .. } => std::slice::from_ref(service),
            RunEvent::LaunchIntended { services, .. } => services.as_slice(),
            // All services, as at the beginning.
            RunEvent::Goal { .. } | RunEvent::PlanReplaced | RunEvent::Ended { .. } => return *self = Self::default(),
        };
        for position in services.iter().filter_map(|service| run.position(service)) {
            self.mark(position);
            run.guests_of(position).iter().for_each(|&guest| self.mark(guest));
            // A reader that failed its check may wait for this service.
            if run.follows_dependents() || run.tally().may_replace_some() {
                run.readers_of(position).iter().for_each(|&reader| self.mark(reader));
            }
        }
    }

    /// Whether any service is to be decided.
    pub(super) fn has_changes(&self) -> bool {
        self.outlook.is_none() || !self.changed.is_empty()
    }

    /// Takes the services to decide under `outlook`, out of `count`; their waiting actions are dropped.
    ///
    /// Where decisions about other services may have become wrong, takes all services.
    pub(super) fn take(&mut self, outlook: Outlook, count: usize) -> Vec<usize> {
        if outlook.covers_all() || self.outlook != Some(outlook) {
            *self = Self { outlook: Some(outlook), ..Self::default() };
            return (0..count).collect();
        }
        let changed = std::mem::take(&mut self.changed);
        for position in &changed {
            self.forget(*position);
        }
        changed.into_iter().collect()
    }

    /// Whether everything was decided under `outlook` and nothing happened since.
    pub(super) fn is_decided(&self, outlook: Outlook) -> bool {
        self.changed.is_empty() && self.outlook == Some(outlook)
    }

    /// Queues an action of a service until there is room for it.
    pub(super) fn want(&mut self, action: Action) {
        match action {
            Action::Launch(position) => {
                self.launches.insert(position);
            }
            Action::Remove(position) => {
                self.removals.insert(position);
            }
            action => {
                if let Some(position) = action.position() {
                    self.others.insert(position, action);
                }
            }
        }
    }

    /// Returns the services whose launch waits.
    pub(super) fn launches(&self) -> Vec<usize> {
        self.launches.iter().copied().collect()
    }

    /// Returns the services whose removal waits.
    pub(super) fn removals(&self) -> Vec<usize> {
        self.removals.iter().copied().collect()
    }

    /// Takes the first action that is started alone, not joined with others.
    pub(super) fn next(&mut self) -> Option<Action> {
        self.others.pop_first().map(|(_, action)| action)
    }

    /// Drops the waiting actions of the service whose action was started.
    pub(super) fn begun(&mut self, action: &Action) {
        if let Some(position) = action.position() {
            self.forget(position);
        }
    }

    /// Returns all actions that wait.
    pub(super) fn wanted(&self) -> impl Iterator<Item = Action> {
        let launches = self.launches.iter().map(|&position| Action::Launch(position));
        let removals = self.removals.iter().map(|&position| Action::Remove(position));
        launches.chain(removals).chain(self.others.values().cloned())
    }

    fn forget(&mut self, position: usize) {
        self.launches.remove(&position);
        self.removals.remove(&position);
        self.others.remove(&position);
    }
}

#[cfg(test)]
mod tests {
    use super::super::event::{JournalEntry, ServiceEvent};
    use super::super::failure::{Failure, Stage};
    use super::super::goal::Goal;
    use super::super::test_run::run_of;
    use super::*;

    fn happens(run: &mut Run, agenda: &mut Agenda, event: RunEvent) {
        let entry = JournalEntry { sequence: run.sequence() + 1, at: jiff::Timestamp::UNIX_EPOCH, event };
        run.apply(&entry).unwrap();
        agenda.mark_after(run, &entry.event);
    }

    #[test]
    fn a_turn_looks_at_what_changed_and_a_new_goal_at_everything() {
        let (mut run, mut agenda) = (run_of(&["db", "web"]), Agenda::default());
        let up = || RunEvent::Goal { goal: Goal::Up { repairs: 0, by_level: false, dependents: false } };
        happens(&mut run, &mut agenda, up());
        let outlook = Outlook::of(&run);
        assert_eq!(agenda.take(outlook, 2), [0, 1]);
        assert!(agenda.is_decided(outlook));
        let change = ServiceEvent::Failed { failure: Failure::new(Stage::Launch, "") };
        happens(&mut run, &mut agenda, RunEvent::Service { service: "web".to_owned(), change });
        assert!(agenda.has_changes());
        let outlook = Outlook::of(&run);
        agenda.take(outlook, 2);
        happens(&mut run, &mut agenda, RunEvent::Service { service: "web".to_owned(), change: ServiceEvent::Retried });
        assert!(agenda.take(Outlook::of(&run), 2).contains(&1));
        happens(&mut run, &mut agenda, up());
        assert_eq!(agenda.take(Outlook::of(&run), 2), [0, 1]);
    }

    #[test]
    fn what_is_wanted_of_a_service_is_forgotten_once_it_begins() {
        let mut agenda = Agenda::default();
        [Action::Launch(2), Action::Remove(1), Action::Boot(0)].into_iter().for_each(|action| agenda.want(action));
        assert_eq!((agenda.launches(), agenda.removals()), (vec![2], vec![1]));
        agenda.begun(&Action::Launch(2));
        assert_eq!(agenda.wanted().collect::<Vec<_>>(), [Action::Remove(1), Action::Boot(0)]);
        assert_eq!(agenda.next(), Some(Action::Boot(0)));
        assert_eq!(agenda.next(), None);
    }
}
