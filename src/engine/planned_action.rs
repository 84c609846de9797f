//! The actions on each service, derived from the lines of a journal.

use std::collections::{BTreeMap, BTreeSet};

use super::event::{RunEvent, ServiceEvent};
use super::goal::Goal;
use super::run::Run;

/// The action on a service.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum PlannedAction {
    /// It is torn down for good.
    Remove,
    /// It is torn down and raised anew.
    Replace,
    /// It is new, and raised.
    Add,
    /// It is raised, on the machine that it has if it has one.
    Raise,
    /// Its boot program runs again on its existing machine, since its given values have changed, or if they have by
    /// then.
    Configure,
    /// Its ready program runs again; if it fails then, the service is replaced.
    Check,
    /// It was recorded as failed, works now, and is recorded as ready.
    Accept,
    /// It stays as it is.
    Keep,
}

impl PlannedAction {
    /// Returns the word for JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            PlannedAction::Remove => "remove",
            PlannedAction::Replace => "replace",
            PlannedAction::Add => "add",
            PlannedAction::Raise => "raise",
            PlannedAction::Configure => "configure",
            PlannedAction::Check => "check",
            PlannedAction::Accept => "accept",
            PlannedAction::Keep => "keep",
        }
    }
}

/// Returns the action of these journal lines on each service; `before` and `after` are the run before and after them.
pub fn deeds<'a>(
    before: &Run,
    after: &Run,
    events: impl Iterator<Item = &'a RunEvent>,
) -> Vec<(String, PlannedAction)> {
    let mut seen: BTreeMap<&str, ReplayTrace> = BTreeMap::new();
    for event in events {
        match event {
            RunEvent::Service { service, change } => seen.entry(service).or_default().add(change),
            RunEvent::LaunchIntended { services, .. } => {
                services.iter().for_each(|service| seen.entry(service).or_default().raised = true);
            }
            _ => {}
        }
    }
    let goes = after.goal.as_ref().is_some_and(Goal::is_down);
    let stays: BTreeSet<&str> = after.plan.services().map(|(_, service)| service.name.as_str()).collect();
    let removed = before.plan.services().filter(|(_, service)| !stays.contains(service.name.as_str()));
    removed
        .chain(after.plan.services())
        .map(|(_, service)| {
            let name = service.name.as_str();
            let traces = seen.get(name).copied().unwrap_or_default();
            let deed = match before.position(name) {
                None => PlannedAction::Add,
                Some(_) if goes && !traces.ended => PlannedAction::Keep,
                Some(_) if goes || !stays.contains(name) => PlannedAction::Remove,
                Some(_) if traces.ended => PlannedAction::Replace,
                Some(_) if traces.configured => PlannedAction::Configure,
                Some(_) if traces.raised => PlannedAction::Raise,
                Some(_) if traces.checked => PlannedAction::Check,
                Some(position) if traces.ready && before.record(position).phase.is_broken() => PlannedAction::Accept,
                Some(_) => PlannedAction::Keep,
            };
            (name.to_owned(), deed)
        })
        .collect()
}

/// The traces of a service in the journal, as far as they tell one action from another.
#[derive(Clone, Copy, Default)]
struct ReplayTrace {
    ended: bool,
    raised: bool,
    configured: bool,
    checked: bool,
    ready: bool,
}

impl ReplayTrace {
    fn add(&mut self, change: &ServiceEvent) {
        match change {
            ServiceEvent::TerminateStarted { .. } | ServiceEvent::Terminated => self.ended = true,
            ServiceEvent::LaunchIntended { .. }
            | ServiceEvent::Reachable { .. }
            | ServiceEvent::BootStarted
            | ServiceEvent::Booted { .. } => self.raised = true,
            ServiceEvent::Reconfigured => self.configured = true,
            ServiceEvent::CheckStarted => self.checked = true,
            ServiceEvent::Ready { .. } => self.ready = true,
            _ => {}
        }
    }
}
