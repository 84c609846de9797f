use std::collections::BTreeMap;

use super::super::machine::{Machine, MachineId};
use super::super::protection::Protection;
use super::super::seconds::Seconds;
use super::memory::ElastiqMemory;
use super::timer::Task;

/// Time in seconds that a launched machine may be absent from the cloud's list: lists lag behind launches.
const VISIBILITY_GRACE: Seconds = 60;

/// Brings the memory in line with the cloud's list: machines that ended no longer count as coming, machines on their
/// way that a restart forgot count again, and the breaker learns of those that failed.
pub(super) fn follow_machines(protection: &Protection, memory: &mut ElastiqMemory, machines: &[Machine], now: Seconds) {
    let breaks = protection.breaker.is_some() && memory.breaker.unproved().next().is_some();
    let follows = protection.follow_machines && memory.coming.count() > 0;
    if breaks || follows {
        let live: BTreeMap<&MachineId, bool> =
            machines.iter().map(|machine| (&machine.id, machine.state.is_live())).collect();
        if follows {
            drop_ended(memory, &live, now);
        }
        let lost: Vec<_> =
            memory.breaker.unproved().filter(|machine| live.get(machine) == Some(&false)).cloned().collect();
        lost.iter().for_each(|machine| memory.breaker.failed(machine, now));
        if let Some(limits) = &protection.breaker {
            memory.breaker.review(limits, now);
        }
    }
    if protection.follow_machines && !memory.adopted {
        adopt(memory, machines, now);
    }
    memory.adopted = true;
}

fn drop_ended(memory: &mut ElastiqMemory, live: &BTreeMap<&MachineId, bool>, now: Seconds) {
    let ended = |(machine, launched): (&MachineId, Seconds)| match live.get(machine) {
        Some(live) => !live,
        None => now.saturating_sub(launched) > VISIBILITY_GRACE,
    };
    let gone: Vec<_> =
        memory.coming.iter().filter(|coming| ended(*coming)).map(|(machine, _)| machine.clone()).collect();
    for machine in gone {
        memory.uncount(&machine);
        memory.breaker.failed(&machine, now);
    }
}

/// Counts own machines as coming, until their deadlines, which the start has set. Those in the pool are taken off at
/// the first look at it, in the same pass.
fn adopt(memory: &mut ElastiqMemory, machines: &[Machine], now: Seconds) {
    for machine in machines.iter().filter(|machine| machine.own && machine.state.is_live()) {
        let deadline = memory.timers.iter().find_map(|timer| match &timer.task {
            Task::Deadline { machine: other, .. } if *other == machine.id => Some(timer.due),
            _ => None,
        });
        if let Some(due) = deadline.filter(|_| !memory.coming.contains(&machine.id)) {
            memory.coming.insert(machine.id.clone(), machine.launched_at.unwrap_or(now));
            memory.set(due, Task::Uncount { machine: machine.id.clone() });
        }
    }
}
