use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use super::ads::slot_ad;
use super::machine_kind::{MachineKind, SlotPlan};
use super::pool::Pool;
use super::resources::Resources;
use super::sim_machine::{SimMachine, Stage};
use crate::classad::ClassAd;
use crate::elastic::engine::{
    Demand, DrainOwner, Draining, Host, JobGroup, Observation, PoolMachine, PoolSlot, Reading, Seconds, SlotKind,
    SlotState, Wants,
};

/// Largest number of slot ads that are kept for use again.
const MOST_ADS: usize = 100_000;

/// A list of what the pool tells of its machines, in order of launch.
#[derive(Debug)]
struct Listing<T> {
    numbers: Vec<usize>,
    items: Vec<T>,
}

impl<T> Listing<T> {
    fn new() -> Listing<T> {
        Listing { numbers: Vec::new(), items: Vec::new() }
    }

    /// Sets or, without an item, takes out the entry of a machine.
    fn set(&mut self, number: usize, item: Option<T>) {
        match (self.numbers.binary_search(&number), item) {
            (Ok(position), Some(item)) => self.items[position] = item,
            (Err(position), Some(item)) => {
                self.numbers.insert(position, number);
                self.items.insert(position, item);
            }
            (Ok(position), None) => {
                self.numbers.remove(position);
                self.items.remove(position);
            }
            (Err(_), None) => {}
        }
    }
}

/// What a driver sees of the pool. Only what changed since it last looked is made anew.
pub(super) struct PoolView {
    hosts: Listing<Host>,
    machines: Listing<PoolMachine>,
    groups: Vec<JobGroup>,
    names: Vec<Arc<str>>,
    /// Ads of slots by kind and what they have left: slots that are alike share one.
    ads: HashMap<(usize, Resources), Arc<ClassAd>>,
    /// Whether slots were ever asked for.
    slots_wanted: bool,
}

impl PoolView {
    /// Makes the view of a pool that has no machines yet.
    pub(super) fn new(classes: usize) -> PoolView {
        PoolView {
            hosts: Listing::new(),
            machines: Listing::new(),
            groups: Vec::new(),
            names: (0..classes).map(|class| format!("{}", class + 1).into()).collect(),
            ads: HashMap::new(),
            slots_wanted: false,
        }
    }

    /// Takes the readings wanted.
    pub(super) fn observe<'a>(&'a mut self, pool: &'a mut Pool<'_>, wants: Wants, now: Seconds) -> Observation<'a> {
        if wants.pool || wants.slots {
            self.follow(pool, wants.slots);
        }
        if wants.groups {
            self.collect_groups(pool);
        }
        let mut observation = Observation::unread(now);
        if wants.demand {
            let demand = Demand { waiting: pool.waiting.ready(), unservable: pool.waiting.unservable() };
            observation.demand = Reading::Fresh { value: demand };
        }
        if wants.machines {
            observation.machines = Reading::Fresh { value: Cow::Borrowed(pool.described.machines()) };
        }
        if wants.pool {
            observation.pool = Reading::Fresh { value: Cow::Borrowed(&self.hosts.items) };
        }
        if wants.slots {
            observation.slots = Reading::Fresh { value: Cow::Borrowed(&self.machines.items) };
        }
        if wants.groups {
            observation.groups = Reading::Fresh { value: Cow::Borrowed(&self.groups) };
        }
        observation
    }

    fn follow(&mut self, pool: &mut Pool<'_>, slots: bool) {
        let changed = std::mem::take(&mut pool.changed);
        let all = if slots && !self.slots_wanted { 0..pool.machines.len() } else { 0..0 };
        self.slots_wanted |= slots;
        for number in changed.into_iter().chain(all) {
            let machine = &mut pool.machines[number];
            machine.changed = false;
            let machine = &*machine;
            self.hosts.set(number, host(machine, &pool.settings.kinds[machine.kind]));
            if self.slots_wanted {
                let listed = self.pool_machine(machine, &pool.settings.kinds[machine.kind]);
                self.machines.set(number, listed);
            }
        }
    }

    fn pool_machine(&mut self, machine: &SimMachine, kind: &MachineKind) -> Option<PoolMachine> {
        let joined_at = machine.joined_at.filter(|_| machine.is_live())?;
        let drained = machine.stage == Stage::Draining;
        let claims = u32::try_from(machine.runs.len()).unwrap_or(u32::MAX);
        let partitionable = kind.slots == SlotPlan::Partitionable;
        let left = if partitionable { machine.left } else { kind.slot() };
        if self.ads.len() >= MOST_ADS {
            self.ads.clear();
        }
        let ad = self.ads.entry((machine.kind, left)).or_insert_with(|| Arc::new(slot_ad(kind, &left)));
        let slots = (0..kind.slot_count()).map(|slot| {
            let claims = if partitionable { claims } else { u32::from(slot < claims) };
            let state = match (drained, partitionable || claims == 0) {
                (true, _) => SlotState::Drained,
                (false, true) => SlotState::Unclaimed,
                (false, false) => SlotState::Claimed,
            };
            PoolSlot {
                name: format!("slot{}@{}", slot + 1, machine.id).into(),
                kind: if partitionable { SlotKind::Partitionable } else { SlotKind::Static },
                state,
                claims,
                ad: Arc::clone(ad),
            }
        });
        Some(PoolMachine {
            id: machine.id.clone(),
            joined_at,
            idle_since: machine.runs.is_empty().then_some(machine.idle_since),
            has_served: machine.served,
            draining: drained.then_some(Draining { by: DrainOwner::Scaler, request: None, reason: None }),
            drain_spares_jobs: true,
            slots: slots.collect(),
        })
    }

    fn collect_groups(&mut self, pool: &Pool<'_>) {
        self.groups.clear();
        for class in pool.waiting.occupied() {
            let Some(job) = pool.waiting.first(class).and_then(|job| pool.workload.jobs.get(job)) else { continue };
            self.groups.push(JobGroup {
                id: Arc::clone(&self.names[class]),
                count: pool.waiting.count_of(class),
                hidden: 0,
                ad: Arc::clone(&pool.fit.job_ads[class]),
                priority: 0,
                oldest: job.at,
                run_time: pool.settings.known_run_times.then_some(Seconds::from(job.run)),
            });
        }
    }
}

fn host(machine: &SimMachine, kind: &MachineKind) -> Option<Host> {
    let joined_at = machine.joined_at.filter(|_| machine.is_live())?;
    let slots = match kind.slots {
        SlotPlan::Partitionable => kind.cpus,
        SlotPlan::Static(count) => count,
    };
    Some(Host {
        id: machine.id.clone(),
        busy: u32::try_from(machine.runs.len()).unwrap_or(u32::MAX),
        slots,
        joined_at,
        idle_since: machine.runs.is_empty().then_some(machine.idle_since),
        silent: false,
    })
}
