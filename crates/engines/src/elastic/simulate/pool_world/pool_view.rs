use std::borrow::Cow;
use std::sync::Arc;

use super::ads::slot_ad;
use super::machine_kind::{MachineKind, SlotPlan};
use super::pool::Pool;
use super::resources::Resources;
use super::sim_machine::{SimMachine, Stage};
use crate::classad::ClassAd;
use crate::elastic::engine::quick_hash::QuickMap;
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

    /// Returns the entry of a machine, which is made if there is none.
    fn get_or_insert(&mut self, number: usize, make: impl FnOnce() -> T) -> &mut T {
        let position = self.numbers.binary_search(&number).unwrap_or_else(|position| {
            self.numbers.insert(position, number);
            self.items.insert(position, make());
            position
        });
        &mut self.items[position]
    }
}

/// What a driver sees of the pool. Only what changed since it last looked is made anew.
pub(super) struct PoolView {
    hosts: Listing<Host>,
    machines: Listing<PoolMachine>,
    groups: Vec<JobGroup>,
    names: Vec<Arc<str>>,
    /// Ads of slots by kind and what they have left: slots that are alike share one.
    ads: QuickMap<(usize, Resources), Arc<ClassAd>>,
    /// Whether hosts were ever asked for.
    hosts_wanted: bool,
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
            ads: QuickMap::default(),
            hosts_wanted: false,
            slots_wanted: false,
        }
    }

    /// Takes the readings wanted.
    pub(super) fn observe<'a>(&'a mut self, pool: &'a mut Pool<'_>, wants: Wants, now: Seconds) -> Observation<'a> {
        if wants.pool || wants.slots {
            self.follow(pool, wants);
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

    fn follow(&mut self, pool: &mut Pool<'_>, wants: Wants) {
        let changed = std::mem::take(&mut pool.changed);
        let news = (wants.slots && !self.slots_wanted) || (wants.pool && !self.hosts_wanted);
        let all = if news { 0..pool.machines.len() } else { 0..0 };
        self.slots_wanted |= wants.slots;
        self.hosts_wanted |= wants.pool;
        for number in changed.into_iter().chain(all) {
            let machine = &mut pool.machines[number];
            machine.changed = false;
            let machine = &*machine;
            if self.hosts_wanted {
                self.hosts.set(number, host(machine, &pool.settings.kinds[machine.kind]));
            }
            if self.slots_wanted {
                self.list(number, machine, &pool.settings.kinds[machine.kind]);
            }
        }
    }

    /// Lists a machine as it is now.
    fn list(&mut self, number: usize, machine: &SimMachine, kind: &MachineKind) {
        let Some(joined_at) = machine.joined_at.filter(|_| machine.is_live()) else {
            self.machines.set(number, None);
            return;
        };
        let ad = self.ad(machine, kind);
        let listed = self.machines.get_or_insert(number, || pool_machine(machine, kind, joined_at, &ad));
        let drained = machine.stage == Stage::Draining;
        listed.idle_since = machine.runs.is_empty().then_some(machine.idle_since);
        listed.has_served = machine.served;
        listed.draining = drained.then_some(Draining { by: DrainOwner::Scaler, request: None, reason: None });
        let partitionable = kind.is_partitionable();
        let claims = u32::try_from(machine.runs.len()).unwrap_or(u32::MAX);
        for (place, slot) in (0..).zip(&mut listed.slots) {
            slot.claims = if partitionable { claims } else { u32::from(place < claims) };
            slot.state = match (drained, partitionable || slot.claims == 0) {
                (true, _) => SlotState::Drained,
                (false, true) => SlotState::Unclaimed,
                (false, false) => SlotState::Claimed,
            };
            if !Arc::ptr_eq(&slot.ad, &ad) {
                slot.ad = Arc::clone(&ad);
            }
        }
    }

    /// Returns the ad of the machine's slots.
    fn ad(&mut self, machine: &SimMachine, kind: &MachineKind) -> Arc<ClassAd> {
        let left = kind.slot_with(machine.left);
        if self.ads.len() >= MOST_ADS {
            self.ads.clear();
        }
        Arc::clone(self.ads.entry((machine.kind, left)).or_insert_with(|| Arc::new(slot_ad(kind, &left))))
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

/// Makes the entry of a machine that has just joined; what changes is set each time.
fn pool_machine(machine: &SimMachine, kind: &MachineKind, joined_at: Seconds, ad: &Arc<ClassAd>) -> PoolMachine {
    let partitionable = kind.is_partitionable();
    let slots = (1..=kind.slot_count()).map(|number| PoolSlot {
        name: format!("slot{number}@{}", machine.id).into(),
        kind: if partitionable { SlotKind::Partitionable } else { SlotKind::Static },
        state: SlotState::Unclaimed,
        claims: 0,
        ad: Arc::clone(ad),
    });
    PoolMachine {
        id: machine.id.clone(),
        joined_at,
        idle_since: None,
        has_served: false,
        draining: None,
        drain_spares_jobs: true,
        slots: slots.collect(),
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
