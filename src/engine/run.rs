//! A run as its journal tells it.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use jiff::Timestamp;

use super::cloud::Offer;
use super::event::{Change, Event, Goal, Intent, Record};
use super::phase::{IllegalEvent, Phase};
use super::service_record::ServiceRecord;
use super::store::{RunStatus, Summary};
use crate::plan::{self, Facts, Plan, PlanIndex, SecretSource};

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
    index: PlanIndex,
    positions: Arc<HashMap<String, usize>>,
    secrets: Arc<BTreeSet<SecretSource>>,
    launch_after: Vec<usize>,
    /// Every announced launch by its token.
    launches: HashMap<String, Announced>,
    /// The last attempt of each service that a new plan removed: one that comes back must not launch with a used token.
    removed: HashMap<String, u32>,
    services: Vec<ServiceRecord>,
    levels: Vec<std::ops::Range<usize>>,
    sequence: u64,
}

/// A launch as it was announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Announced {
    /// One instance each, in slot order.
    pub services: Vec<String>,
    /// Who launches.
    pub owner: String,
    /// What the call tries; empty in journals of versions that tried one thing only.
    pub offers: Vec<Offer>,
    /// When what it launches ends by itself.
    pub expires_at: Option<Timestamp>,
    /// When.
    pub at: Timestamp,
}

impl Run {
    /// A run whose journal is empty.
    pub fn new(id: impl Into<String>, name: impl Into<String>, plan: Plan) -> Self {
        let plan = Arc::new(plan);
        let services = vec![ServiceRecord::new(Timestamp::UNIX_EPOCH); plan.service_count()];
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
        records: &[Record],
    ) -> Result<Self, IllegalEvent> {
        let mut run = Self::new(id, name, plan);
        for record in records {
            run.apply(record)?;
        }
        Ok(run)
    }

    /// Takes the next line of the journal. Refuses what is not legal, and is unchanged then.
    pub fn apply(&mut self, record: &Record) -> Result<(), IllegalEvent> {
        let illegal = |what: String| IllegalEvent { sequence: record.sequence, at: record.at, what };
        if record.sequence != self.sequence + 1 {
            return Err(illegal(format!("it follows line {}", self.sequence)));
        }
        match &record.event {
            _ if self.ended => return Err(illegal("the run has ended".to_owned())),
            Event::Goal { goal } => {
                self.goal = Some(goal.clone());
                self.services.iter_mut().for_each(|service| service.repairs = 0);
            }
            Event::PlanReplaced => {
                let Some(Goal::Reload { plan, .. }) = &self.goal else {
                    return Err(illegal("there is no new plan to take".to_owned()));
                };
                let plan = plan.as_ref().clone();
                self.replace_plan(plan, record.at);
            }
            Event::Ended { .. } => self.ended = true,
            Event::Service { service, change } => {
                let (position, next) = self.next_of(service, change, record.sequence).map_err(illegal)?;
                self.services[position].enter(next, change, record.at);
            }
            Event::LaunchIntended { token, cloud, services, owner, offers, expires_at } => {
                let change = |slot| Change::LaunchIntended {
                    intent: Intent { token: token.clone(), slot, size: services.len() },
                    cloud: cloud.clone(),
                };
                let changes = services.iter().enumerate().map(|(slot, service)| {
                    let change = change(slot);
                    self.next_of(service, &change, record.sequence).map(|(position, next)| (position, next, change))
                });
                for (position, next, change) in changes.collect::<Result<Vec<_>, _>>().map_err(illegal)? {
                    self.services[position].enter(next, &change, record.at);
                    if let Some(instance) = &mut self.services[position].instance {
                        instance.expires_at = *expires_at;
                    }
                }
                let (services, owner, offers) = (services.clone(), owner.clone(), offers.clone());
                let announced = Announced { services, owner, offers, expires_at: *expires_at, at: record.at };
                self.launches.insert(token.clone(), announced);
            }
        }
        self.sequence = record.sequence;
        Ok(())
    }

    /// The service's position and its next phase after `change`, if that is legal.
    fn next_of(&self, service: &str, change: &Change, sequence: u64) -> Result<(usize, Phase), String> {
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
    pub fn record(&self, position: usize) -> &ServiceRecord {
        &self.services[position]
    }

    /// All services as the journal has them, in the plan's order.
    pub fn records(&self) -> &[ServiceRecord] {
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

    /// Where the run stands, in the words of `plan list`.
    pub fn status(&self) -> RunStatus {
        let any = |test: fn(&Phase) -> bool| self.services.iter().any(|service| test(&service.phase));
        if self.ended {
            RunStatus::Terminated
        } else if matches!(self.goal, Some(Goal::Down)) {
            RunStatus::Terminating
        } else if any(Phase::is_broken) {
            RunStatus::Failed
        } else if any(|phase| !matches!(phase, Phase::Ready { .. })) || matches!(self.goal, Some(Goal::Reload { .. })) {
            RunStatus::Booting
        } else {
            RunStatus::Up
        }
    }

    /// What `plan list` shows.
    pub fn summary(&self) -> Summary {
        let count = |test: fn(&ServiceRecord) -> bool| self.services.iter().filter(|service| test(service)).count();
        Summary {
            status: self.status(),
            services: self.services.len(),
            ready: count(|service| matches!(service.phase, Phase::Ready { .. })),
            failed: count(|service| service.phase.is_broken()),
            instances: count(|service| service.instance.as_ref().is_some_and(|instance| instance.id.is_some())),
        }
    }

    /// The launch that was announced with this token.
    pub fn launch_announced(&self, token: &str) -> Option<&Announced> {
        self.launches.get(token)
    }

    /// Every launch that was announced, with its token.
    pub fn launches_announced(&self) -> impl Iterator<Item = (&str, &Announced)> {
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
        self.levels = level_ranges(&self.plan);
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
    }

    /// Takes the new plan; what stays keeps its record and is checked again, what is new starts pending.
    fn replace_plan(&mut self, plan: Plan, at: Timestamp) {
        let mut known: HashMap<String, ServiceRecord> =
            self.plan.services().map(|(_, service)| service.name.clone()).zip(self.services.drain(..)).collect();
        self.services = plan
            .services()
            .map(|(_, service)| {
                let mut record = known.remove(&service.name).unwrap_or_else(|| {
                    let earlier = self.removed.get(&service.name).copied().unwrap_or_default();
                    ServiceRecord { attempt: earlier + 1, ..ServiceRecord::new(at) }
                });
                if let Phase::Ready { .. } = record.phase {
                    record.phase = Phase::Booted;
                }
                record
            })
            .collect();
        self.removed.extend(known.into_iter().map(|(name, record)| (name, record.attempt)));
        self.plan = Arc::new(plan);
        self.index = PlanIndex::new(self.plan.clone());
        self.derive();
        self.goal = Some(Goal::Up { repairs: super::intentions::REPAIR_LIMIT, by_level: false });
    }
}

impl Facts for Run {
    fn launch(&self, service: &str, attribute: &str) -> Option<String> {
        let record = &self.services[self.position(service)?];
        match attribute {
            "run_name" => Some(self.name.clone()),
            "instance_id" => record.instance_id().map(str::to_owned),
            "address" | "hostname" => record.address.clone(),
            "private_address" => record.private_address.clone().or_else(|| record.address.clone()),
            _ => None,
        }
    }

    fn output(&self, service: &str, attribute: &str) -> Option<String> {
        self.services[self.position(service)?].output.get(attribute).cloned()
    }

    fn output_names(&self, service: &str) -> Vec<String> {
        let position = self.position(service);
        position.map(|position| self.services[position].output.keys().cloned().collect()).unwrap_or_default()
    }
}

fn level_ranges(plan: &Plan) -> Vec<std::ops::Range<usize>> {
    let mut start = 0;
    plan.levels
        .iter()
        .map(|level| {
            let range = start..start + level.services.len();
            start = range.end;
            range
        })
        .collect()
}
