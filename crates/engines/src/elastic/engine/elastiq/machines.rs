use super::super::cursor::Cursor;
use super::super::decision::{Decision, Termination};
use super::super::limit::Limit;
use super::super::machine::{Host, Machine, MachineState};
use super::super::note::Note;
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
    if let Some(machines) = observation.fresh_machines() {
        follow_machines(protection, memory, machines, observation.now);
    }
    look_at_hosts(protection, memory, pool, observation.fresh_machines().unwrap_or_default(), observation.now);
    welcome(config, protection, memory, pool, observation.now);
    if config.minimum >= 1 {
        memory.due.push_front(Task::Minimum);
    }
    end_idle(config, memory, observation.began, notes)
}

/// Updates the clocks of the hosts. Hosts that are no running machine are left out, unless no machine runs at all.
fn look_at_hosts(
    protection: &Protection,
    memory: &mut ElastiqMemory,
    pool: &[Host],
    machines: &[Machine],
    now: Seconds,
) {
    let counts = |machine: &Machine| machine.state == MachineState::Running && (machine.own || !protection.own_only);
    let any_runs = machines.iter().any(counts);
    let before = std::mem::take(&mut memory.hosts);
    let (mut among_machines, mut among_clocks) = (Cursor::default(), Cursor::default());
    for host in pool {
        let found = among_machines.find(machines, |machine| machine.id == host.id);
        let machine = found.and_then(|found| machines.get(found)).is_some_and(counts);
        if any_runs && !machine {
            continue;
        }
        let unchanged = among_clocks
            .find(&before, |clock| clock.host == host.id)
            .and_then(|found| before.get(found))
            .filter(|clock| clock.busy == host.busy);
        let since = unchanged.map_or(now, |clock| clock.since);
        let since = if protection.pool_idle_clock { host.idle_since.unwrap_or(since) } else { since };
        memory.hosts.push(HostClock { host: host.id.clone(), machine, busy: host.busy, since });
    }
}

/// Machines that have joined are no longer coming.
fn welcome(config: &ElastiqConfig, protection: &Protection, memory: &mut ElastiqMemory, pool: &[Host], now: Seconds) {
    if protection.look_before_end {
        memory.drop_deadlines(pool);
    }
    let limits = protection.breaker.as_ref();
    if memory.coming.count() > 0 || limits.is_some() {
        for host in pool {
            if !memory.coming.contains(&host.id) {
                memory.breaker.up(&host.id, host.joined_at);
                continue;
            }
            if !memory.has_joined(&host.id) {
                continue;
            }
            memory.breaker.up(&host.id, host.joined_at);
            let launched = memory.uncount(&host.id);
            if launched.is_some_and(|launched| host.joined_at.saturating_sub(launched) <= config.deploy_time) {
                memory.patience = 1;
            }
        }
    }
    if let Some(limits) = limits {
        memory.breaker.review(limits, now);
    }
}

fn end_idle(
    config: &ElastiqConfig,
    memory: &mut ElastiqMemory,
    began: Seconds,
    notes: &mut Vec<Note>,
) -> Option<Decision> {
    let known = memory.hosts.iter().filter(|clock| clock.machine).count();
    let room = i64::try_from(known).unwrap_or(i64::MAX).saturating_sub(config.minimum);
    let room = usize::try_from(room).unwrap_or(0);
    let (mut idle, mut longest, mut ended) = (0, 0, Vec::new());
    for clock in &mut memory.hosts {
        let time = began.saturating_sub(clock.since);
        if clock.busy > 0 || time <= config.idle_for {
            continue;
        }
        // The clock starts again whether or not the machine is ended.
        clock.since = began;
        idle += 1;
        if clock.machine && ended.len() < room {
            longest = longest.max(time);
            ended.push(clock.host.clone());
        }
    }
    let count = i64::try_from(ended.len()).unwrap_or(i64::MAX);
    if count < idle {
        notes.push(Note::IdleKept { idle, ended: count, minimum: config.minimum });
    }
    let reason = Reason::Idle { idle: longest, allowed: config.idle_for };
    (!ended.is_empty()).then_some(Decision::Terminate(Termination { machines: ended, reason }))
}
