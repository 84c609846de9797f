//! What the driver has yet to look at and to start, so that a turn costs what changed and not what there is.

use std::collections::{BTreeMap, BTreeSet};

use super::action::Action;
use super::decide::Outlook;
use super::event::RunEvent;
use super::run::Run;

/// Services whose next step is to be decided, and actions that wait for room. Services are named by their position.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    /// What the last decisions went by beside the services themselves.
    outlook: Option<Outlook>,
    changed: BTreeSet<usize>,
    /// Machines to ask for; equal ones become one call.
    launches: BTreeSet<usize>,
    /// Machines to remove; those of one cloud become one call.
    removals: BTreeSet<usize>,
    others: BTreeMap<usize, Action>,
}

impl Agenda {
    /// The service is to be looked at.
    pub(super) fn mark(&mut self, position: usize) {
        self.changed.insert(position);
    }

    /// Those are to be looked at whose next step may be another one after `event`, which `run` has taken.
    pub(super) fn mark_after(&mut self, run: &Run, event: &RunEvent) {
        let services = match event {
            RunEvent::Service { service, .. } => std::slice::from_ref(service),
            RunEvent::LaunchIntended { services, .. } => services.as_slice(),
            // Everything, as at the beginning.
            RunEvent::Goal { .. } | RunEvent::PlanReplaced | RunEvent::Ended { .. } => return *self = Self::default(),
        };
        for position in services.iter().filter_map(|service| run.position(service)) {
            self.mark(position);
            run.guests_of(position).iter().for_each(|&guest| self.mark(guest));
            // Who failed its check may wait for what it reads.
            if run.follows_dependents() || run.tally().may_replace_some() {
                run.readers_of(position).iter().for_each(|&reader| self.mark(reader));
            }
        }
    }

    /// Whether something is to be looked at.
    pub(super) fn has_changes(&self) -> bool {
        self.outlook.is_none() || !self.changed.is_empty()
    }

    /// Takes what is to be looked at, out of `count` services, when things stand like this; what was wanted of those is
    /// forgotten.
    ///
    /// Where the decisions about other services may have become wrong, that is all of them.
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

    /// Whether nothing happened since everything was decided when things stood like this.
    pub(super) fn is_decided(&self, outlook: Outlook) -> bool {
        self.changed.is_empty() && self.outlook == Some(outlook)
    }

    /// Keeps an action of a service until there is room for it.
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

    /// The services whose machines are to be asked for.
    pub(super) fn launches(&self) -> Vec<usize> {
        self.launches.iter().copied().collect()
    }

    /// The services whose machines are to be removed.
    pub(super) fn removals(&self) -> Vec<usize> {
        self.removals.iter().copied().collect()
    }

    /// The first action that needs no company.
    pub(super) fn next(&mut self) -> Option<Action> {
        self.others.pop_first().map(|(_, action)| action)
    }

    /// The action was started.
    pub(super) fn begun(&mut self, action: &Action) {
        if let Some(position) = action.position() {
            self.forget(position);
        }
    }

    /// Everything that is wanted.
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
