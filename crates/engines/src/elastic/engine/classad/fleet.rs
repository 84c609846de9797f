use std::borrow::Cow;
use std::sync::Arc;

use super::super::machine::{Machine, MachineId, MachineState};
use super::super::pool_machine::{DrainOwner, PoolMachine};
use super::super::seconds::Seconds;
use super::config::ClassadConfig;
use super::finder::Finder;
use super::kind_finder::KindFinder;
use super::machine_clock::MachineClock;
use super::member::Member;
use super::memory::ClassadMemory;
use super::pool_watch::watch_pool;
use super::standing::Standing;
use super::template::Template;

/// Time in seconds that the cloud's list, the pool's view of a drain or that of an end may lag behind a call.
pub(super) const LAG: Seconds = 120;

/// Least time in seconds from the first sight of a machine to its end as never joined: the pool's machines report at
/// least so often (HTCondor: `UPDATE_INTERVAL`).
const LEAST_SIGHT: Seconds = 300;

/// Time in seconds for which a machine that ended is remembered: the pool may show its slots for a while.
const GHOST: Seconds = 3600;

/// The machines of a pass, judged.
#[derive(Debug, Default)]
pub(super) struct Fleet<'a> {
    /// Own machines that are not known to be ended, in the order in which they were first seen.
    pub(super) members: Vec<Member<'a>>,
    /// Machines of the pool that are not the fleet's and may take jobs.
    pub(super) others: Vec<&'a PoolMachine>,
}

impl<'a> Fleet<'a> {
    /// Judges the machines of fresh readings of the cloud and of the pool, and brings the memory up to date.
    pub(super) fn judge(
        config: &ClassadConfig,
        memory: &mut ClassadMemory,
        machines: &'a [Machine],
        pool: &'a [PoolMachine],
        now: Seconds,
    ) -> Fleet<'a> {
        let mut of_cloud = Finder::new(machines);
        let mut of_pool = Finder::new(pool);
        let (mut known, mut seen) = (vec![false; machines.len()], vec![false; pool.len()]);
        let mut unseen = pool.len();
        let mut find_in_pool = |id: &MachineId| {
            // Once all of the pool are seen, who is asked for then is not there: the newest machines, as a rule.
            let position = if unseen > 0 { of_pool.find(id)? } else { return None };
            let seen = seen.get_mut(position)?;
            unseen -= usize::from(!*seen);
            *seen = true;
            pool.get(position)
        };
        let mut kinds = KindFinder::new(&config.kinds);
        let mut clocks = std::mem::take(&mut memory.machines);
        let mut fleet = Fleet { members: Vec::with_capacity(clocks.len().max(machines.len())), others: Vec::new() };
        clocks.retain(|id, clock| {
            let position = of_cloud.find(id);
            let machine = position.and_then(|position| machines.get(position));
            let in_pool = find_in_pool(id);
            if let Some(known) = position.and_then(|position| known.get_mut(position)) {
                *known = true;
            }
            let stays = follow(config, memory, (id, clock), machine, in_pool, now);
            if stays {
                fleet.members.push(member((config, &mut kinds), (id, clock), machine, in_pool, now));
            }
            stays
        });
        let mut glimpsed = std::mem::take(&mut memory.glimpsed);
        for (machine, known) in machines.iter().zip(&known) {
            if *known || !machine.own || !machine.state.is_live() {
                continue;
            }
            let mut clock = glimpsed.remove(&machine.id).unwrap_or_else(|| MachineClock::new(None, now));
            let in_pool = find_in_pool(&machine.id);
            follow(config, memory, (&machine.id, &mut clock), Some(machine), in_pool, now);
            fleet.members.push(member((config, &mut kinds), (&machine.id, &clock), Some(machine), in_pool, now));
            clocks.push(machine.id.clone(), clock);
        }
        memory.machines = clocks;
        for (machine, seen) in pool.iter().zip(&seen) {
            let gone = || memory.gone.get(&machine.id).is_some_and(|at| now.saturating_sub(*at) < GHOST);
            let mut ends = || of_cloud.find(&machine.id).is_some_and(|position| !machines[position].state.is_live());
            if !seen && !gone() && !ends() {
                fleet.others.push(machine);
            }
        }
        watch_pool(config, memory, machines, pool, now);
        fleet.learn(config, memory);
        fleet.charge(memory, now);
        fleet
    }

    /// Learns the slots of kinds from machines that have just joined.
    fn learn(&self, config: &ClassadConfig, memory: &mut ClassadMemory) {
        for (position, kind) in config.kinds.iter().enumerate() {
            let of_kind = memory.kinds.entry(Arc::clone(&kind.name)).or_default();
            if of_kind.template.as_ref().is_none_or(|template| template.revision != kind.revision) {
                let serve =
                    |member: &&Member<'_>| member.standing == Standing::Serving && member.kind == Some(position);
                let mut pools = self.members.iter().filter(serve).filter_map(|member| member.pool);
                of_kind.template = pools.find_map(|pool| Template::learn(pool, &kind.revision));
            }
        }
    }

    /// Adds what the machines have cost since the last pass.
    fn charge(&self, memory: &mut ClassadMemory, now: Seconds) {
        if let Some(last) = memory.charged_until {
            for member in &self.members {
                let seconds = now.saturating_sub(last.max(member.launched_at().unwrap_or(last))).max(0);
                let price = member.price.unwrap_or_default().millionths();
                memory.cost = memory.cost.saturating_add(price.saturating_mul(seconds));
            }
        }
        memory.charged_until = Some(now);
    }

    /// Returns the number of own machines by kind, and of all.
    pub(super) fn live(&self, kinds: usize) -> (Vec<u64>, u64) {
        let mut by_kind = vec![0; kinds];
        for member in &self.members {
            if let Some(count) = member.kind.and_then(|kind| by_kind.get_mut(kind)) {
                *count += 1;
            }
        }
        (by_kind, u64::try_from(self.members.len()).unwrap_or(u64::MAX))
    }
}

/// Takes note of a fresh reading of the pool while the cloud does not answer: who is there has joined.
pub(super) fn glimpse(memory: &mut ClassadMemory, pool: &[PoolMachine], now: Seconds) {
    for machine in pool {
        let clock = match memory.machines.get_mut(&machine.id) {
            Some(clock) => clock,
            None => memory.glimpsed.entry(machine.id.clone()).or_insert_with(|| MachineClock::new(None, now)),
        };
        observe(clock, Some(machine), now);
    }
}

/// Brings a machine's clock up to date. Returns false if it has ended.
fn follow(
    config: &ClassadConfig,
    memory: &mut ClassadMemory,
    (id, clock): (&MachineId, &mut MachineClock),
    machine: Option<&Machine>,
    pool: Option<&PoolMachine>,
    now: Seconds,
) -> bool {
    if is_gone(machine, clock, now) {
        let by_itself = clock.ended_at.is_none() && machine.is_none_or(|machine| machine.own);
        if let Some(kind) = clock.kind.as_ref().filter(|_| by_itself) {
            memory.kinds.entry(Arc::clone(kind)).or_default().breaker.failed(id, now);
        }
        memory.gone.retain(|_, at| now.saturating_sub(*at) < GHOST);
        memory.gone.insert(id.clone(), now);
        return false;
    }
    if let Some(machine) = machine {
        clock.listed_at = Some(now);
        let only = match &*config.kinds {
            [only] => Some(&only.name),
            _ => None,
        };
        if let Some(kind) = machine.kind.as_ref().or(only)
            && !clock.kind.as_ref().is_some_and(|known| Arc::ptr_eq(known, kind))
        {
            clock.kind = Some(Arc::clone(kind));
        }
    }
    let joins = clock.joined_at.is_none();
    observe(clock, pool, now);
    if let (true, Some(kind), Some(joined)) = (joins, &clock.kind, clock.joined_at)
        && let Some(of_kind) = memory.kinds.get_mut(kind)
    {
        of_kind.breaker.up(id, joined);
    }
    true
}

/// Tells whether a machine has ended: the cloud says so, or has not listed it for a while.
fn is_gone(machine: Option<&Machine>, clock: &MachineClock, now: Seconds) -> bool {
    match machine {
        Some(machine) => !machine.own || !machine.state.is_live(),
        None => now.saturating_sub(clock.listed_at.unwrap_or(clock.first_seen)) > LAG,
    }
}

/// Brings a machine's clock up to date with a fresh reading of the pool.
fn observe(clock: &mut MachineClock, pool: Option<&PoolMachine>, now: Seconds) {
    let Some(pool) = pool else {
        if clock.joined_at.is_some() {
            clock.missing_since.get_or_insert(now);
            clock.idle_since = None;
        }
        return;
    };
    clock.joined_at.get_or_insert(pool.joined_at);
    clock.missing_since = None;
    let claimed = pool.claims() > 0;
    clock.served |= pool.has_served || claimed;
    clock.claimed = claimed;
    clock.held = pool.draining.as_ref().is_some_and(|drain| drain.by == DrainOwner::Person);
    let own_clock = clock.idle_since.unwrap_or(now);
    clock.idle_since = (!claimed).then(|| pool.idle_since.unwrap_or(own_clock));
    let drained = pool.draining.as_ref().is_some_and(|drain| drain.by == DrainOwner::Scaler);
    let stale = |at: Seconds| now.saturating_sub(at) > LAG;
    if drained || clock.drained_at.is_some_and(stale) {
        clock.drained_at = None;
    }
    if !drained || clock.resumed_at.is_some_and(stale) {
        clock.resumed_at = None;
    }
}

fn member<'a>(
    (config, kinds): (&ClassadConfig, &mut KindFinder<'_>),
    (id, clock): (&MachineId, &MachineClock),
    machine: Option<&'a Machine>,
    pool: Option<&'a PoolMachine>,
    now: Seconds,
) -> Member<'a> {
    let kind = clock.kind.as_ref().and_then(|name| kinds.find(name));
    let standing = standing(config, clock, machine, pool, now);
    let joined = clock.joined_at.unwrap_or(now);
    let grace = if clock.served { joined } else { joined.saturating_add(config.grace) };
    let idle = clock.idle_since.map_or(Seconds::MAX, |since| since.saturating_add(config.idle));
    Member {
        id: machine.map_or_else(|| Cow::Owned(id.clone()), |machine| Cow::Borrowed(&machine.id)),
        kind,
        standing,
        machine,
        pool,
        claims: pool.map_or(u32::from(clock.claimed), PoolMachine::claims),
        idle_since: clock.idle_since,
        spare_from: idle.max(grace),
        price: kind.and_then(|kind| config.kinds.get(kind)).and_then(|kind| kind.price_per_hour),
    }
}

fn standing(
    config: &ClassadConfig,
    clock: &MachineClock,
    machine: Option<&Machine>,
    pool: Option<&PoolMachine>,
    now: Seconds,
) -> Standing {
    if clock.ended_at.is_some_and(|at| now.saturating_sub(at) <= LAG) {
        return Standing::Ending;
    }
    let state = machine.map_or(MachineState::Requesting, |machine| machine.state);
    match (pool, clock.missing_since) {
        (Some(pool), _) => match &pool.draining {
            Some(drain) if drain.by == DrainOwner::Person => Standing::Held,
            Some(_) if clock.resumed_at.is_none() => Standing::Draining,
            _ if clock.drained_at.is_some() => Standing::Closing,
            _ if state == MachineState::Error => Standing::Failed,
            _ => Standing::Serving,
        },
        (None, _) if state == MachineState::Error => Standing::Failed,
        (None, Some(_)) if clock.held => Standing::Held,
        (None, Some(since)) => Standing::Lost(since),
        (None, None) => {
            let launched = machine.and_then(|machine| machine.launched_at).unwrap_or(clock.first_seen);
            let deadline = launched
                .saturating_add(config.deploy_time)
                .max(clock.first_seen.saturating_add(config.deploy_time.min(LEAST_SIGHT)));
            if now > deadline { Standing::Late } else { Standing::Coming }
        }
    }
}
