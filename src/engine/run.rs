//! The state of a run according to its journal.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::dependents;
use super::desired::Desired;
use super::event::{JournalEntry, RunEvent, ServiceEvent};
use super::goal::{Goal, REPAIR_LIMIT};
use super::launch_intent::{Intent, LaunchIntent};
use super::phase::{IllegalEvent, Phase};
use super::service_state::ServiceState;
use super::services::Services;
use super::stale_values;
use super::tally::{Share, Tally};
use crate::plan::{self, Plan, PlanIndex, SecretSource};

/// A run: its plan, and the state of each service according to the journal.
#[derive(Clone, Debug)]
pub struct Run {
    /// Unique over all runs of all users; the tag of the run's instances.
    pub id: String,
    /// The run's name.
    pub name: String,
    /// The plan in force.
    pub plan: Arc<Plan>,
    /// The run's goal; none before the first line of the journal.
    pub goal: Option<Goal>,
    /// Whether nothing is left of the run, and that was proved.
    pub ended: bool,
    /// Every announced launch, by its token.
    launches: HashMap<String, LaunchIntent>,
    /// The last attempt of each service that a new plan removed: if it comes back, it must not launch with a used
    /// token.
    removed: HashMap<String, u32>,
    services: Services,
    tally: Tally,
    sequence: u64,
}

impl Run {
    /// Creates a run with an empty journal.
    pub fn new(id: impl Into<String>, name: impl Into<String>, plan: Plan) -> Self {
        let (name, plan) = (name.into(), Arc::new(plan));
        let states = vec![ServiceState::new(Timestamp::UNIX_EPOCH); plan.service_count()];
        let mut run = Self {
            id: id.into(),
            name: name.clone(),
            plan: plan.clone(),
            goal: None,
            ended: false,
            launches: HashMap::new(),
            removed: HashMap::new(),
            services: Services::new(name, plan, states),
            tally: Tally::default(),
            sequence: 0,
        };
        run.tally = run.count();
        run
    }

    /// Creates a run from the `records` of its journal.
    pub fn replay(
        id: impl Into<String>,
        name: impl Into<String>,
        plan: Plan,
        records: &[JournalEntry],
    ) -> Result<Self, IllegalEvent> {
        let mut run = Self::new(id, name, plan);
        for record in records {
            run.apply(record)?;
        }
        Ok(run)
    }

    /// Applies the next line of the journal. Refuses an illegal one, and is unchanged then.
    pub fn apply(&mut self, record: &JournalEntry) -> Result<(), IllegalEvent> {
        let illegal = |what: &str| IllegalEvent::in_entry(record, what);
        if record.sequence != self.sequence + 1 {
            return Err(illegal(&format!("it follows line {}", self.sequence)));
        }
        match &record.event {
            _ if self.ended => return Err(illegal("the run has ended")),
            RunEvent::Goal { goal } => {
                self.goal = Some(goal.clone());
                self.services.states.iter_mut().for_each(|service| service.begin_goal(record.at));
                self.tally = self.count();
            }
            RunEvent::PlanReplaced => {
                let Some(Goal::Reload { plan, settled, dependents, .. }) = &self.goal else {
                    return Err(illegal("there is no new plan to take"));
                };
                let (plan, settled) = (plan.as_ref().clone(), settled.iter().cloned().collect());
                self.replace_plan(plan, &settled, *dependents, record.at);
            }
            RunEvent::Ended { .. } => self.ended = true,
            RunEvent::Service { service, change } => {
                let (position, next) = self.next_of(service, change, record)?;
                self.enter(position, next, change, record, None);
            }
            RunEvent::LaunchIntended { token, cloud, services, owner, offers, expires_at, state } => {
                let change = |slot| ServiceEvent::LaunchIntended {
                    intent: Intent { token: token.clone(), slot, size: services.len() },
                    cloud: cloud.clone(),
                };
                let changes = services.iter().enumerate().map(|(slot, service)| {
                    let change = change(slot);
                    self.next_of(service, &change, record).map(|(position, next)| (position, next, change))
                });
                for (position, next, change) in changes.collect::<Result<Vec<_>, _>>()? {
                    self.enter(position, next, &change, record, *expires_at);
                }
                let (services, owner, offers) = (services.clone(), owner.clone(), offers.clone());
                let (state, expires_at) = (state.clone(), *expires_at);
                let announced = LaunchIntent { services, owner, offers, expires_at, state, at: record.at };
                self.launches.insert(token.clone(), announced);
            }
        }
        self.sequence = record.sequence;
        Ok(())
    }

    /// Moves the service at `position` to its next phase; `expires_at` is the end of the requested instance's lease.
    fn enter(
        &mut self,
        position: usize,
        next: Phase,
        change: &ServiceEvent,
        line: &JournalEntry,
        expires_at: Option<Timestamp>,
    ) {
        let before = self.share(position);
        let record = &mut self.services.states[position];
        let ends_what_was_read = record.enter(next, change, line.sequence, line.at);
        if let (ServiceEvent::LaunchIntended { .. }, Some(instance)) = (change, &mut record.instance) {
            instance.expires_at = expires_at;
        }
        if ends_what_was_read {
            self.services.dependents.overtaken = line.sequence;
        }
        let after = self.share(position);
        self.tally.replace(position, self.level_of(position), before, after);
        if self.follows_dependents() {
            let readers = if dependents::concern(change) { self.readers_of(position).to_vec() } else { Vec::new() };
            readers.into_iter().chain([position]).for_each(|position| self.note_due(position));
        }
    }

    /// Updates whether the service's boot program must run again.
    fn note_due(&mut self, position: usize) {
        let is_due = stale_values::is_due(&self.services, position);
        if is_due == self.is_due(position) {
            return;
        }
        let before = self.share(position);
        if is_due {
            self.services.dependents.due.insert(position);
        } else {
            self.services.dependents.due.remove(&position);
        }
        let after = self.share(position);
        self.tally.replace(position, self.level_of(position), before, after);
    }

    fn share(&self, position: usize) -> Share {
        self.tally.share(self.service(position), self.record(position), self.is_due(position))
    }

    /// Computes the sums over all services anew.
    fn count(&mut self) -> Tally {
        self.services.dependents.due.clear();
        if self.follows_dependents() {
            let all = 0..self.records().len();
            self.services.dependents.due =
                all.filter(|&position| stale_values::is_due(&self.services, position)).collect();
        }
        let repairs = match self.goal {
            Some(Goal::Up { repairs, .. }) => repairs,
            _ => 0,
        };
        let mut tally = Tally::new(self.levels().len(), repairs);
        for position in 0..self.records().len() {
            let share = tally.share(self.service(position), self.record(position), self.is_due(position));
            tally.replace(position, self.level_of(position), Share::default(), share);
        }
        tally
    }

    /// Returns the run's services.
    pub(super) fn services(&self) -> &Services {
        &self.services
    }

    /// Whether the goal asks for boot programs to run again.
    pub(super) fn follows_dependents(&self) -> bool {
        matches!(self.goal, Some(Goal::Up { dependents: true, .. }))
    }

    /// Returns the sums over all services.
    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// Returns the service whose machine the service at `position` uses; itself if that is its own or no service's.
    pub(super) fn owner_of(&self, position: usize) -> usize {
        self.services.layout.owner_of(position)
    }

    /// Returns the services that use the machine of the service at `position`.
    pub(super) fn guests_of(&self, position: usize) -> &[usize] {
        self.services.layout.guests_of(position)
    }

    /// Whether the service's boot program must run again, since its given values have changed.
    pub(super) fn is_due(&self, position: usize) -> bool {
        self.services.dependents.due.contains(&position)
    }

    /// Returns the services whose values the boot program of the service at `position` may be given.
    pub(super) fn boot_reads(&self, position: usize) -> &[usize] {
        self.services.boot_reads(position)
    }

    /// Returns the services whose boot programs may be given values of the service at `position`.
    pub(super) fn readers_of(&self, position: usize) -> &[usize] {
        self.services.dependents.readers_of(&self.services.layout, position)
    }

    /// Returns the attributes that boot programs must write.
    pub(super) fn wanted(&self) -> &Desired {
        self.services.dependents.wanted(&self.services.layout)
    }

    /// Returns the service's position and its next phase after `change`, which `entry` contains, if that is legal.
    fn next_of(
        &self,
        service: &str,
        change: &ServiceEvent,
        entry: &JournalEntry,
    ) -> Result<(usize, Phase), IllegalEvent> {
        let illegal = |what: String| IllegalEvent::in_entry(entry, what);
        let position = self.position(service).ok_or_else(|| illegal(format!("the plan has no service {service}")))?;
        let phase = &self.record(position).phase;
        let next = phase
            .next(change, entry.sequence)
            .ok_or_else(|| illegal(format!("{service} is {} and cannot take {change:?}", phase.name())))?;
        Ok((position, next))
    }

    /// Returns the number of the journal's last line.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// Returns the position of the service of this name.
    pub fn position(&self, service: &str) -> Option<usize> {
        self.services.layout.position(service)
    }

    /// Returns the service at `position` in the plan.
    pub fn service(&self, position: usize) -> &plan::Service {
        self.services.layout.service(position)
    }

    /// Returns the state of the service at `position` according to the journal.
    pub fn record(&self, position: usize) -> &ServiceState {
        self.services.record(position)
    }

    /// Returns the states of all services according to the journal, in the plan's order.
    pub fn records(&self) -> &[ServiceState] {
        &self.services.states
    }

    /// Returns the positions of each level's services, in order.
    pub fn levels(&self) -> &[std::ops::Range<usize>] {
        self.services.layout.levels()
    }

    /// Returns the index of the level that the service at `position` belongs to.
    pub fn level_of(&self, position: usize) -> usize {
        self.services.layout.level_of(position)
    }

    /// Returns the plan's name index, for [`plan::Attributes`].
    pub fn index(&self) -> &PlanIndex {
        self.services.layout.index()
    }

    /// Returns the same run under another plan of the same services.
    pub(super) fn under(&self, plan: Plan) -> Self {
        let mut run = self.clone();
        run.plan = Arc::new(plan);
        let states = std::mem::take(&mut run.services.states);
        run.services.take_plan(run.plan.clone(), states);
        run.tally = run.count();
        run
    }

    /// Returns the launch that was announced with this token.
    pub fn launch_announced(&self, token: &str) -> Option<&LaunchIntent> {
        self.launches.get(token)
    }

    /// Returns every announced launch, with its token.
    pub fn launches_announced(&self) -> impl Iterator<Item = (&str, &LaunchIntent)> {
        self.launches.iter().map(|(token, announced)| (token.as_str(), announced))
    }

    /// Returns the sources of all secrets of the plan.
    pub fn secrets(&self) -> &BTreeSet<SecretSource> {
        self.services.layout.secrets()
    }

    /// Returns how many levels, from the first, must be ready before the instance of the service at `position` can be
    /// launched.
    pub fn launch_after(&self, position: usize) -> usize {
        self.services.layout.launch_after(position)
    }

    /// Adopts a new plan. Remaining services keep their state and are checked again unless they are settled; new ones
    /// start pending.
    fn replace_plan(&mut self, plan: Plan, settled: &HashSet<String>, dependents: bool, at: Timestamp) {
        let mut known: HashMap<String, ServiceState> =
            self.plan.services().map(|(_, service)| service.name.clone()).zip(self.services.states.drain(..)).collect();
        let states = plan
            .services()
            .map(|(_, service)| {
                let mut record = known.remove(&service.name).unwrap_or_else(|| {
                    let earlier = self.removed.get(&service.name).copied().unwrap_or_default();
                    ServiceState { attempt: earlier + 1, ..ServiceState::new(at) }
                });
                if let Phase::Ready { .. } = record.phase
                    && !settled.contains(&service.name)
                {
                    record.phase = Phase::Booted;
                }
                record
            })
            .collect();
        self.removed.extend(known.into_iter().map(|(name, record)| (name, record.attempt)));
        self.plan = Arc::new(plan);
        self.goal = Some(Goal::Up { repairs: REPAIR_LIMIT, by_level: false, dependents });
        self.services.take_plan(self.plan.clone(), states);
        self.tally = self.count();
    }
}
