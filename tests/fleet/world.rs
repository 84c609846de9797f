//! A pool whose workers are the machines of a simulated cloud. It is a source of work of the scaler, and a witness.

use std::collections::{BTreeMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};

use async_trait::async_trait;
use hoist::batch::{DrainAnswer, DrainOrder, SourceError, WorkReading, WorkSource};
use hoist::classad::ClassAd;
use hoist::cloud::sim::SimCloud;
use hoist::elastic::engine::{
    Demand, DrainOwner, Draining, Host, JobGroup, MachineId, PoolMachine, PoolSlot, Seconds, SlotKind, SlotState, Wants,
};
use hoist::provider::{InstanceState, Offer};

use super::answers::{Mood, Tells, reading};

/// Number of jobs that a worker runs at once.
pub(crate) const CPUS: usize = 4;

/// The mark of a person's drain.
const BY_HAND: &str = "by hand";

/// Time from a launch until a worker joins, in seconds.
const JOINS: i64 = 60;

/// A job that comes at some time and runs for so many seconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Job {
    pub(crate) at: Seconds,
    pub(crate) length: Seconds,
}

#[derive(Debug)]
struct Node {
    joined: Seconds,
    idle_since: Seconds,
    served: bool,
    /// The mark of its drain.
    drained: Option<String>,
    /// Ends of its jobs.
    running: Vec<(Seconds, Job)>,
}

#[derive(Debug, Default)]
struct Inner {
    coming: VecDeque<Job>,
    waiting: VecDeque<Job>,
    nodes: BTreeMap<String, Node>,
    mood: Mood,
    tells: Tells,
    /// Time from which a machine accepts no more work, by the end of its lease.
    stops: BTreeMap<String, Seconds>,
    /// Whether machines end by themselves when they accept no more work and have none.
    leaves: bool,
    done: usize,
    interrupted: usize,
    violations: Vec<String>,
    forgotten: usize,
    /// Number of machines that the pool does not show.
    hidden: usize,
    /// Machines that never join.
    mute: bool,
    /// Offers whose machines never join.
    mute_offers: Vec<Offer>,
    /// Whether the pool keeps neither who drained a machine nor when it joined.
    forgetful: bool,
    /// Orders of drains, and those among them that were repeated.
    orders: (usize, usize),
}

#[derive(Debug)]
pub(crate) struct World {
    sim: SimCloud,
    ads: Vec<Arc<ClassAd>>,
    job: Arc<ClassAd>,
    inner: Mutex<Inner>,
}

impl World {
    pub(crate) fn new(sim: SimCloud, mut jobs: Vec<Job>) -> Arc<Self> {
        jobs.sort_by_key(|job| job.at);
        let ad = |left: usize| {
            let text = format!(
                "Cpus = {left}\nMemory = {}\nDisk = 8000000\nTotalSlotCpus = {CPUS}\nTotalSlotMemory = {}\n\
                 TotalSlotDisk = 8000000\nStart = true\nRequirements = Start",
                left * 1024,
                CPUS * 1024,
            );
            Arc::new(ClassAd::from_long_text(&text).unwrap())
        };
        let job = "RequestCpus = 1\nRequestMemory = 512\nRequestDisk = 1000\nRequirements = true";
        Arc::new(Self {
            sim,
            ads: (0..=CPUS).map(ad).collect(),
            job: Arc::new(ClassAd::from_long_text(job).unwrap()),
            inner: Mutex::new(Inner { coming: jobs.into(), ..Inner::default() }),
        })
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    pub(crate) fn set_mood(&self, mood: Mood) {
        self.lock().mood = mood;
    }

    /// Whether the source drains machines.
    pub(crate) fn drains(&self) -> bool {
        self.has_pool()
    }

    pub(crate) fn set_tells(&self, tells: Tells, leaves: bool) {
        let mut inner = self.lock();
        (inner.tells, inner.leaves) = (tells, leaves);
    }

    /// The lease of a machine ends at this time, of which it learns within `notice` seconds: it accepts no more work
    /// for the grace before.
    pub(crate) fn lease(&self, machine: &str, until: Seconds, notice: Seconds) {
        let grace = 1800;
        let learns = self.sim.now().as_second() + notice;
        self.advance().stops.insert(machine.to_owned(), learns.max(until - grace));
    }

    /// The pool loses sight of so many machines, which go on.
    pub(crate) fn set_hidden(&self, hidden: usize) {
        self.lock().hidden = hidden;
    }

    pub(crate) fn set_mute(&self, mute: bool) {
        self.lock().mute = mute;
    }

    pub(crate) fn set_mute_offers(&self, offers: &[Offer]) {
        self.lock().mute_offers = offers.to_vec();
    }

    pub(crate) fn set_forgetful(&self) {
        self.lock().forgetful = true;
    }

    /// The numbers of machines in orders of drains, and in those that were repeated.
    pub(crate) fn orders(&self) -> (usize, usize) {
        self.lock().orders
    }

    /// Whether the pool gives a machine no more work.
    pub(crate) fn is_drained(&self, machine: &str) -> bool {
        self.lock().nodes.get(machine).is_some_and(|node| node.drained.is_some())
    }

    /// A scaler drains a machine, of which the pool alone knows.
    pub(crate) fn drain_as_fleet(&self, machine: &str) {
        if let Some(node) = self.advance().nodes.get_mut(machine) {
            node.drained = Some("fleet/lab/0123456789ab".into());
        }
    }

    /// Whether a person has drained a machine.
    pub(crate) fn is_by_hand(&self, machine: &str) -> bool {
        self.lock().nodes.get(machine).is_some_and(|node| node.drained.as_deref() == Some(BY_HAND))
    }

    /// Somebody cancels a drain of the scaler's.
    pub(crate) fn undo_drain(&self, machine: &str) {
        if let Some(node) = self.advance().nodes.get_mut(machine) {
            node.drained = None;
        }
    }

    pub(crate) fn submit(&self, jobs: impl IntoIterator<Item = Job>) {
        let mut inner = self.lock();
        inner.coming.extend(jobs);
        inner.coming.make_contiguous().sort_by_key(|job| job.at);
    }

    pub(crate) fn violation(&self, text: String) {
        self.lock().violations.push(text);
    }

    pub(crate) fn violations(&self) -> Vec<String> {
        self.lock().violations.clone()
    }

    pub(crate) fn done(&self) -> usize {
        self.advance().done
    }

    pub(crate) fn interrupted(&self) -> usize {
        self.advance().interrupted
    }

    pub(crate) fn unfinished(&self) -> usize {
        let inner = self.advance();
        inner.waiting.len() + inner.coming.len() + inner.nodes.values().map(|node| node.running.len()).sum::<usize>()
    }

    pub(crate) fn forgotten(&self) -> usize {
        self.lock().forgotten
    }

    pub(crate) fn claims(&self, machine: &str) -> usize {
        self.advance().nodes.get(machine).map_or(0, |node| node.running.len())
    }

    /// A person drains a machine.
    pub(crate) fn drain_by_hand(&self, machine: &str) {
        if let Some(node) = self.advance().nodes.get_mut(machine) {
            node.drained = Some(BY_HAND.into());
        }
    }

    pub(crate) fn nodes(&self) -> Vec<String> {
        self.advance().nodes.keys().cloned().collect()
    }

    /// Brings the pool to the cloud's time.
    fn advance(&self) -> MutexGuard<'_, Inner> {
        let now = self.sim.now().as_second();
        let alive = self.sim.alive();
        let mut inner = self.lock();
        let mute_offers = inner.mute_offers.clone();
        let is_mute = |offer: &Option<Offer>| offer.as_ref().is_some_and(|offer| mute_offers.contains(offer));
        let joined: BTreeMap<&str, Seconds> = alive
            .iter()
            .filter(|launch| launch.instance.state == InstanceState::Running)
            // One that has joined stays.
            .filter(|launch| inner.nodes.contains_key(&launch.instance.id) || !is_mute(&launch.instance.offer))
            .map(|launch| (launch.instance.id.as_str(), launch.instance.launched_at.as_second() + JOINS))
            .filter(|(_, at)| *at <= now)
            .collect();
        let Inner { nodes, waiting, coming, done, interrupted, mute, stops, leaves, .. } = &mut *inner;
        nodes.retain(|id, node| {
            let stays = joined.contains_key(id.as_str());
            if !stays {
                let (over, cut): (Vec<_>, Vec<_>) = node.running.drain(..).partition(|(end, _)| *end <= now);
                *done += over.len();
                *interrupted += cut.len();
                cut.into_iter().for_each(|(_, job)| waiting.push_front(job));
            }
            stays
        });
        for (id, at) in joined.iter().filter(|_| !*mute) {
            nodes.entry((*id).to_owned()).or_insert(Node {
                joined: *at,
                idle_since: *at,
                served: false,
                drained: None,
                running: Vec::new(),
            });
        }
        while coming.front().is_some_and(|job| job.at <= now) {
            waiting.extend(coming.pop_front());
        }
        let mut left = Vec::new();
        for (id, node) in nodes.iter_mut() {
            let before = node.running.len();
            let last = node.running.iter().map(|(end, _)| *end).filter(|end| *end <= now).max();
            node.running.retain(|(end, _)| *end > now);
            *done += before - node.running.len();
            if node.running.is_empty() {
                node.idle_since = last.unwrap_or(node.idle_since);
            }
            let stopped = stops.get(id).is_some_and(|at| *at <= now);
            if stopped && *leaves && node.running.is_empty() {
                left.push(id.clone());
            }
            while node.drained.is_none() && !stopped && node.running.len() < CPUS {
                let Some(job) = waiting.pop_front() else { break };
                node.running.push((now + job.length, job));
                node.served = true;
            }
        }
        let services = alive.iter().filter(|launch| left.contains(&launch.instance.id));
        for launch in services {
            self.sim.kill(&launch.service);
        }
        inner
    }
}

#[async_trait]
impl WorkSource for World {
    fn label(&self) -> String {
        "the scripted pool".into()
    }

    async fn read(&self, wants: Wants, now: Seconds) -> WorkReading {
        let inner = self.advance();
        let (mood, forgetful, tells) = (inner.mood, inner.forgetful, inner.tells);
        let joined = |node: &Node| if forgetful { now } else { node.joined };
        let idle = |node: &Node| (node.running.is_empty() && !forgetful).then_some(node.idle_since);
        let waiting = u64::try_from(inner.waiting.len()).unwrap();
        let hosts = inner.nodes.iter().skip(inner.hidden).map(|(id, node)| Host {
            id: MachineId::new(id.as_str()),
            busy: u32::try_from(node.running.len()).unwrap(),
            slots: CPUS as u32,
            joined_at: joined(node),
            idle_since: idle(node),
            silent: false,
        });
        let slots = inner.nodes.iter().skip(inner.hidden).map(|(id, node)| PoolMachine {
            id: MachineId::new(id.as_str()),
            joined_at: joined(node),
            idle_since: idle(node),
            has_served: node.served,
            draining: node.drained.as_ref().map(|mark| Draining {
                by: if mark == BY_HAND || forgetful { DrainOwner::Person } else { DrainOwner::Scaler },
                request: None,
                reason: (!forgetful).then(|| mark.as_str().into()),
            }),
            drain_spares_jobs: true,
            slots: vec![PoolSlot {
                name: format!("slot1@{id}").into(),
                kind: SlotKind::Partitionable,
                state: if node.drained.is_some() { SlotState::Drained } else { SlotState::Unclaimed },
                claims: u32::try_from(node.running.len()).unwrap(),
                ad: self.ads[CPUS - node.running.len().min(CPUS)].clone(),
            }],
        });
        let group = inner.waiting.front().map(|first| JobGroup {
            id: "jobs".into(),
            count: waiting,
            hidden: 0,
            ad: self.job.clone(),
            priority: 0,
            oldest: first.at,
            run_time: None,
        });
        let demand = reading(mood, wants.demand, Demand { waiting, unservable: 0 });
        let runs = inner.nodes.values().any(|node| !node.running.is_empty());
        match tells {
            Tells::Pool => {}
            Tells::Hosts | Tells::NoHosts => {
                let told = hosts.filter(|_| tells == Tells::Hosts).collect();
                return WorkReading { demand, pool: reading(mood, wants.pool, told), ..WorkReading::default() };
            }
            Tells::Waiting => return WorkReading { demand, ..WorkReading::default() },
            Tells::Running => {
                let quiet = (mood == Mood::Fresh).then_some(waiting == 0 && !runs);
                return WorkReading { demand, quiet, ..WorkReading::default() };
            }
        }
        WorkReading {
            demand,
            pool: reading(mood, wants.pool, hosts.collect()),
            groups: reading(mood, wants.groups, group.into_iter().collect()),
            slots: reading(mood, wants.slots, slots.collect()),
            ..WorkReading::default()
        }
    }

    fn has_pool(&self) -> bool {
        self.lock().tells == Tells::Pool
    }

    fn remembers_workers(&self) -> bool {
        !self.lock().forgetful
    }

    async fn drain(&self, order: &DrainOrder) -> Vec<(MachineId, DrainAnswer)> {
        let mut inner = self.advance();
        let (failed, forgetful) = (inner.mood == Mood::Failed, inner.forgetful);
        inner.orders.0 += order.machines.len();
        inner.orders.1 += if order.repeated { order.machines.len() } else { 0 };
        let foreign = |node: &Node| match forgetful {
            true => node.drained.is_some() && !order.repeated,
            false => node.drained.as_deref() == Some(BY_HAND),
        };
        let foreign_drain = || DrainAnswer::Failed(SourceError { message: "it is drained".into(), hint: None });
        let mut answer = |machine: &MachineId| match inner.nodes.get_mut(machine.as_str()) {
            _ if failed => DrainAnswer::Failed(SourceError { message: "the pool does not answer".into(), hint: None }),
            None => DrainAnswer::Absent,
            Some(node) if foreign(node) => foreign_drain(),
            Some(node) if order.unclaimed_only && !node.running.is_empty() => {
                // One that an earlier call drained goes on.
                node.drained = node.drained.take().filter(|_| !order.repeated);
                DrainAnswer::Claimed
            }
            Some(node) => {
                node.drained.get_or_insert_with(|| order.mark.to_string());
                DrainAnswer::Drained
            }
        };
        order.machines.iter().map(|machine| (machine.clone(), answer(machine))).collect()
    }

    async fn cancel_drain(&self, machines: &[MachineId], mark: &str) -> Vec<(MachineId, Result<(), SourceError>)> {
        let mut inner = self.advance();
        if inner.mood == Mood::Failed {
            let error = SourceError { message: "the pool does not answer".into(), hint: None };
            return machines.iter().map(|machine| (machine.clone(), Err(error.clone()))).collect();
        }
        let forgetful = inner.forgetful;
        for machine in machines {
            let Some(node) = inner.nodes.get_mut(machine.as_str()) else { continue };
            let by_hand = node.drained.as_deref() == Some(BY_HAND);
            if node.drained.as_deref() == Some(mark) || forgetful {
                node.drained = None;
            }
            if by_hand && forgetful {
                inner.violations.push(format!("a person's drain of {machine} is cancelled"));
            }
        }
        machines.iter().map(|machine| (machine.clone(), Ok(()))).collect()
    }

    async fn forget(&self, machines: &[MachineId]) -> Result<(), SourceError> {
        self.lock().forgotten += machines.len();
        Ok(())
    }
}
