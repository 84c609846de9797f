//! What the driver has yet to look at and to start, so that a turn costs what changed and not what there is.

use std::collections::{BTreeMap, BTreeSet};

use super::action::Action;
use super::decide::Outlook;

/// Services whose next step is to be decided, and actions that wait for room. Services are named by their position.
#[derive(Debug, Default)]
pub(super) struct Agenda {
    /// What the last decisions went by beside the services themselves.
    outlook: Option<Outlook>,
    changed: BTreeSet<usize>,
    /// Machines to ask for; equal ones become one call.
    pub(super) launches: BTreeSet<usize>,
    /// Machines to remove; those of one cloud become one call.
    pub(super) removals: BTreeSet<usize>,
    others: BTreeMap<usize, Action>,
}

impl Agenda {
    /// The service is to be looked at.
    pub(super) fn mark(&mut self, position: usize) {
        self.changed.insert(position);
    }

    /// Everything is to be looked at, as at the beginning.
    pub(super) fn mark_all(&mut self) {
        *self = Self::default();
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
