//! A run as its journal tells it.

use std::collections::{BTreeSet, HashMap, HashSet};
use std::sync::Arc;

use jiff::Timestamp;

use super::dependents::{self, Dependents};
use super::desired::Desired;
use super::event::{Goal, Intent, JournalEntry, REPAIR_LIMIT, RunEvent, ServiceEvent};
use super::phase::{IllegalEvent, Phase};
use super::placement;
use super::service_state::ServiceState;
use super::tally::{Share, Tally};
use crate::plan::{self, Plan, PlanIndex, SecretSource};
use crate::provider::Offer;

/// Everything that is known of a run: its plan, and what its journal says of each service.
#[derive(Clone, Debug)]
pub struct Run {
    /// Unique over all runs of all users: what the run's machines are tagged with.
    pub id: String,
    /// The run's name.
    pub name: String,
    /// The plan in force.
    pub plan: Arc<Plan>,
    /// What the run works towards; none before the first line of the journal.
    pub goal: Option<Goal>,
    /// Whether nothing is left of it and that was proved.
    pub ended: bool,
    pub(super) index: PlanIndex,
    positions: Arc<HashMap<String, usize>>,
    secrets: Arc<BTreeSet<SecretSource>>,
    launch_after: Vec<usize>,
    /// Every announced launch by its token.
    launches: HashMap<String, LaunchIntent>,
    /// The last attempt of each service that a new plan removed: one that comes back must not launch with a used token.
    removed: HashMap<String, u32>,
    services: Vec<ServiceState>,
    levels: Vec<std::ops::Range<usize>>,
    /// The service whose machine each one uses, and the other way round.
    owners: Vec<usize>,
    guests: HashMap<usize, Vec<usize>>,
    tally: Tally,
    dependents: Dependents,
    sequence: u64,
}

/// A launch as it was announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchIntent {
    /// One instance each, in slot order.
    pub services: Vec<String>,
    /// Who launches.
    pub owner: String,
    /// What the call tries; empty in journals of versions that tried one thing only.
    pub offers: Vec<Offer>,
    /// When what it launches ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Which state file it is tagged with; none in journals of versions without that tag.
    pub state: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Run {
    /// A run whose journal is empty.
    pub fn new(id: impl Into<String>, name: impl Into<String>, plan: Plan) -> Self {
        let plan = Arc::new(plan);
        let services = vec![ServiceState::new(Timestamp::UNIX_EPOCH); plan.service_count()];
        let mut run = Self {
            id: id.into(),
            name: name.into(),
            index: PlanIndex::new(plan.clone()),
            plan,
            goal: None,
            ended: false,
            positions: Arc::default(),
            secrets: Arc::default(),
            launch_after: Vec::new(),
            launches: HashMap::new(),
            removed: HashMap::new(),
            services,
            levels: Vec::new(),
            owners: Vec::new(),
            guests: HashMap::new(),
            tally: Tally::default(),
            dependents: Dependents::default(),
            sequence: 0,
        };
        run.derive();
        run
    }

    /// A run as `records` tell it.
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

    /// Takes the next line of the journal. Refuses what is not legal, and is unchanged then.
    pub fn apply(&mut self, record: &JournalEntry) -> Result<(), IllegalEvent> {
        let illegal = |what: String| IllegalEvent { sequence: record.sequence, at: record.at, what };
        if record.sequence != self.sequence + 1 {
            return Err(illegal(format!("it follows line {}", self.sequence)));
        }
        match &record.event {
            _ if self.ended => return Err(illegal("the run has ended".to_owned())),
            RunEvent::Goal { goal } => {
                self.goal = Some(goal.clone());
                self.services.iter_mut().for_each(|service| service.begin_goal(record.at));
                self.tally = self.count();
            }
            RunEvent::PlanReplaced => {
                let Some(Goal::Reload { plan, settled, dependents, .. }) = &self.goal else {
                    return Err(illegal("there is no new plan to take".to_owned()));
                };
                let (plan, settled) = (plan.as_ref().clone(), settled.iter().cloned().collect());
                self.replace_plan(plan, &settled, *dependents, record.at);
            }
            RunEvent::Ended { .. } => self.ended = true,
            RunEvent::Service { service, change } => {
                let (position, next) = self.next_of(service, change, record.sequence).map_err(illegal)?;
                self.enter(position, next, change, record, None);
            }
            RunEvent::LaunchIntended { token, cloud, services, owner, offers, expires_at, state } => {
                let change = |slot| ServiceEvent::LaunchIntended {
                    intent: Intent { token: token.clone(), slot, size: services.len() },
                    cloud: cloud.clone(),
                };
                let changes = services.iter().enumerate().map(|(slot, service)| {
                    let change = change(slot);
                    self.next_of(service, &change, record.sequence).map(|(position, next)| (position, next, change))
                });
                for (position, next, change) in changes.collect::<Result<Vec<_>, _>>().map_err(illegal)? {
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

    /// Lets the service at `position` enter its next phase; `expires_at` is when the machine that is asked for ends by
    /// itself.
    fn enter(
        &mut self,
        position: usize,
        next: Phase,
        change: &ServiceEvent,
        line: &JournalEntry,
        expires_at: Option<Timestamp>,
    ) {
        let before = self.share(position);
        let record = &mut self.services[position];
        let ends_what_was_read = record.enter(next, change, line.sequence, line.at);
        if let (ServiceEvent::LaunchIntended { .. }, Some(instance)) = (change, &mut record.instance) {
            instance.expires_at = expires_at;
        }
        if ends_what_was_read {
            self.dependents.overtaken = line.sequence;
        }
        let after = self.share(position);
        self.tally.replace(position, self.level_of(position), before, after);
        if dependents::are_followed(self) {
            let readers = if dependents::concern(change) { self.readers_of(position).to_vec() } else { Vec::new() };
            readers.into_iter().chain([position]).for_each(|position| self.note_due(position));
        }
    }

    /// Finds out whether the service's boot program is to be run again.
    fn note_due(&mut self, position: usize) {
        let is_due = dependents::is_due(self, position);
        if is_due == self.is_due(position) {
            return;
        }
        let before = self.share(position);
        if is_due {
            self.dependents.due.insert(position);
        } else {
            self.dependents.due.remove(&position);
        }
        let after = self.share(position);
        self.tally.replace(position, self.level_of(position), before, after);
    }

    fn share(&self, position: usize) -> Share {
        self.tally.share(self.service(position), &self.services[position], self.is_due(position))
    }

    /// The sums over all services, from nothing.
    fn count(&mut self) -> Tally {
        self.dependents.due.clear();
        if dependents::are_followed(self) {
            let all = 0..self.services.len();
            self.dependents.due = all.filter(|&position| dependents::is_due(self, position)).collect();
        }
        let repairs = match self.goal {
            Some(Goal::Up { repairs, .. }) => repairs,
            _ => 0,
        };
        let mut tally = Tally::new(self.levels.len(), repairs);
        for position in 0..self.services.len() {
            let share = tally.share(self.service(position), &self.services[position], self.is_due(position));
            tally.replace(position, self.level_of(position), Share::default(), share);
        }
        tally
    }

    /// The sums over all services.
    pub(super) fn tally(&self) -> &Tally {
        &self.tally
    }

    /// The service whose machine the one at `position` uses; itself where that is its own or no service's.
    pub(super) fn owner_of(&self, position: usize) -> usize {
        self.owners[position]
    }

    /// The services that use the machine of the one at `position`.
    pub(super) fn guests_of(&self, position: usize) -> &[usize] {
        self.guests.get(&position).map_or(&[], Vec::as_slice)
    }

    /// The last line of the journal at which something ended that others may have read.
    pub(super) fn overtaken(&self) -> u64 {
        self.dependents.overtaken
    }

    /// Whether the service's boot program is to be run again, since it was given values that are others now.
    pub(super) fn is_due(&self, position: usize) -> bool {
        self.dependents.due.contains(&position)
    }

    /// The services whose values the boot program of the one at `position` may be given.
    pub(super) fn boot_reads(&self, position: usize) -> &[usize] {
        self.dependents.read_by(self, position)
    }

    /// The services whose boot programs may be given values of the one at `position`.
    pub(super) fn readers_of(&self, position: usize) -> &[usize] {
        self.dependents.readers_of(self, position)
    }

    /// What boot programs have to write.
    pub(super) fn wanted(&self) -> &Desired {
        self.dependents.wanted(self)
    }

    /// The service's position and its next phase after `change`, if that is legal.
    fn next_of(&self, service: &str, change: &ServiceEvent, sequence: u64) -> Result<(usize, Phase), String> {
        let position = self.position(service).ok_or_else(|| format!("the plan has no service {service}"))?;
        let phase = &self.services[position].phase;
        let next = phase
            .next(change, sequence)
            .ok_or_else(|| format!("{service} is {} and cannot take {change:?}", phase.name()))?;
        Ok((position, next))
    }

    /// The number of the journal's last line.
    pub fn sequence(&self) -> u64 {
        self.sequence
    }

    /// The position of the service of this name.
    pub fn position(&self, service: &str) -> Option<usize> {
        self.positions.get(service).copied()
    }

    /// The service at `position`, as the plan has it.
    pub fn service(&self, position: usize) -> &plan::Service {
        let level = self.level_of(position);
        &self.plan.levels[level].services[position - self.levels[level].start]
    }

    /// The service at `position`, as the journal has it.
    pub fn record(&self, position: usize) -> &ServiceState {
        &self.services[position]
    }

    /// All services as the journal has them, in the plan's order.
    pub fn records(&self) -> &[ServiceState] {
        &self.services
    }

    /// The positions of each level's services, in order.
    pub fn levels(&self) -> &[std::ops::Range<usize>] {
        &self.levels
    }

    /// The index of the level that the service at `position` belongs to.
    pub fn level_of(&self, position: usize) -> usize {
        self.levels.partition_point(|range| range.end <= position)
    }

    /// The plan's name index, for [`plan::Attributes`].
    pub fn index(&self) -> &PlanIndex {
        &self.index
    }

    /// The same run under another plan of the same services.
    pub(super) fn under(&self, plan: Plan) -> Self {
        let mut run = self.clone();
        run.plan = Arc::new(plan);
        run.index = PlanIndex::new(run.plan.clone());
        run.derive();
        run
    }

    /// The launch that was announced with this token.
    pub fn launch_announced(&self, token: &str) -> Option<&LaunchIntent> {
        self.launches.get(token)
    }

    /// Every launch that was announced, with its token.
    pub fn launches_announced(&self) -> impl Iterator<Item = (&str, &LaunchIntent)> {
        self.launches.iter().map(|(token, announced)| (token.as_str(), announced))
    }

    /// Where every secret of the plan is found.
    pub fn secrets(&self) -> &BTreeSet<SecretSource> {
        &self.secrets
    }

    /// How many levels, from the first, must be ready before the machine of the service at `position` can be launched.
    pub fn launch_after(&self, position: usize) -> usize {
        self.launch_after[position]
    }

    /// What follows from the plan alone, found once.
    fn derive(&mut self) {
        self.dependents = self.dependents.of_another_plan();
        self.levels = self.plan.level_ranges();
        self.positions = Arc::new(
            self.plan.services().enumerate().map(|(position, (_, service))| (service.name.clone(), position)).collect(),
        );
        self.secrets =
            Arc::new(self.plan.services().flat_map(|(_, service)| service.secrets.values().cloned()).collect());
        self.launch_after = self
            .plan
            .services()
            .map(|(_, service)| {
                let needs = self.index.launch_needs(service);
                needs.iter().filter_map(|name| self.index.level_of(name)).map(|level| level + 1).max().unwrap_or(0)
            })
            .collect();
        self.owners = (0..self.services.len()).map(|position| placement::owner_of(self, position)).collect();
        self.guests.clear();
        for (guest, &owner) in self.owners.iter().enumerate().filter(|&(guest, &owner)| guest != owner) {
            self.guests.entry(owner).or_default().push(guest);
        }
        self.tally = self.count();
    }

    /// Takes the new plan; what stays keeps its record and is checked again unless it is settled, what is new starts
    /// pending.
    fn replace_plan(&mut self, plan: Plan, settled: &HashSet<String>, dependents: bool, at: Timestamp) {
        let mut known: HashMap<String, ServiceState> =
            self.plan.services().map(|(_, service)| service.name.clone()).zip(self.services.drain(..)).collect();
        self.services = plan
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
        self.index = PlanIndex::new(self.plan.clone());
        self.goal = Some(Goal::Up { repairs: REPAIR_LIMIT, by_level: false, dependents });
        self.derive();
    }
}
