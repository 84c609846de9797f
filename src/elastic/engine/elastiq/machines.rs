use std::collections::{BTreeMap, HashSet};

use super::super::decision::{Decision, Termination};
use super::super::machine::{Host, MachineId, MachineState};
use super::super::note::{Limit, Note};
use super::super::observation::Observation;
use super::super::protection::Protection;
use super::super::reason::Reason;
use super::super::seconds::Seconds;
use super::config::ElastiqConfig;
use super::memory::{ElastiqMemory, HostClock};
use super::sync::follow_machines;
use super::timer::{Task, Timer};

/// Looks at the pool and ends idle machines, not below the minimum (elastiq's `check_vms`).
pub(super) fn check_machines(
    config: &ElastiqConfig,
    protection: &Protection,
    memory: &mut ElastiqMemory,
    observation: &Observation<'_>,
    notes: &mut Vec<Note>,
) -> Option<Decision> {
    let Some(pool) = observation.fresh_pool() else {
        // The next pass asks again.
        memory.repeat = Some(Timer { due: observation.now, task: Task::Machines });
        notes.push(Note::Held { by: Limit::FailedReading { source: "pool".into() } });
        return None;
    };
    memory.repeat =
        Some(Timer { due: observation.now.saturating_add(config.machines_every.max(1)), task: Task::Machines });
    let machines = observation.fresh_machines().unwrap_or_default();
    if observation.machines.fresh().is_some() {
        follow_machines(protection, memory, machines, observation.now);
    }
    let running: HashSet<&MachineId> = machines
        .iter()
        .filter(|machine| machine.state == MachineState::Running && (machine.own || !protection.own_only))
        .map(|machine| &machine.id)
        .collect();
    look_at_hosts(protection, memory, pool, &running, observation.now);
    welcome(config, protection, memory, pool, observation.now);
    if config.minimum >= 1 {
        memory.due.push_front(Task::Minimum);
    }
    end_idle(config, memory, pool, &running, observation.began, notes)
}

/// Updates the clocks of the hosts. Hosts that are no running machine are left out, unless no machine runs at all.
fn look_at_hosts(
    protection: &Protection,
    memory: &mut ElastiqMemory,
    pool: &[Host],
    running: &HashSet<&MachineId>,
    now: Seconds,
) {
    let before = std::mem::take(&mut memory.hosts);
    memory.hosts = pool
        .iter()
        .filter(|host| running.is_empty() || running.contains(&host.id))
        .map(|host| {
            let unchanged = before.get(&host.id).filter(|clock| clock.busy == host.busy);
            let since = unchanged.map_or(now, |clock| clock.since);
            let since = if protection.pool_idle_clock { host.idle_since.unwrap_or(since) } else { since };
            (host.id.clone(), HostClock { busy: host.busy, since })
        })
        .collect::<BTreeMap<_, _>>();
}

/// Machines that have joined are no longer coming.
fn welcome(
    config: &ElastiqConfig,
    protection: &Protection,
    memory: &mut ElastiqMemory,
    pool: &[Host],
    now: Seconds,
) {
    for host in pool {
        if !memory.hosts.contains_key(&host.id) {
            continue;
        }
        memory.breaker.up(&host.id, host.joined_at);
        if let Some(launched) = memory.uncount(&host.id)
            && host.joined_at.saturating_sub(launched) <= config.deploy_time
        {
            memory.patience = 1;
        }
    }
    if let Some(limits) = &protection.breaker {
        memory.breaker.review(limits, now);
    }
}

fn end_idle(
    config: &ElastiqConfig,
    memory: &mut ElastiqMemory,
    pool: &[Host],
    running: &HashSet<&MachineId>,
    began: Seconds,
    notes: &mut Vec<Note>,
) -> Option<Decision> {
    let mut idle = Vec::new();
    let mut longest = 0;
    for host in pool {
        let Some(clock) = memory.hosts.get_mut(&host.id) else { continue };
        let time = began.saturating_sub(clock.since);
        if clock.busy == 0 && time > config.idle_for {
            clock.since = began;
            longest = longest.max(time);
            idle.push(host.id.clone());
        }
    }
    let known = memory.hosts.keys().filter(|host| running.contains(host)).count();
    let room = i64::try_from(known).unwrap_or(i64::MAX).saturating_sub(config.minimum);
    let count = idle.len();
    let mut ended: Vec<MachineId> = idle.into_iter().filter(|host| running.contains(host)).collect();
    ended.truncate(usize::try_from(room).unwrap_or(0));
    if ended.len() < count {
        notes.push(Note::IdleKept {
            idle: i64::try_from(count).unwrap_or(i64::MAX),
            ended: i64::try_from(ended.len()).unwrap_or(i64::MAX),
            minimum: config.minimum,
        });
    }
    let reason = Reason::Idle { idle: longest, allowed: config.idle_for };
    (!ended.is_empty()).then_some(Decision::Terminate(Termination { machines: ended, reason }))
}
