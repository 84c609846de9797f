use std::collections::BTreeMap;

use super::super::machine::{Machine, MachineId};
use super::super::protection::Protection;
use super::super::seconds::Seconds;
use super::memory::ElastiqMemory;
use super::timer::Task;

/// Time in seconds that a launched machine may be absent from the cloud's list: lists lag behind launches.
const VISIBILITY_GRACE: Seconds = 60;

/// Brings the coming machines in line with the cloud's list: those that ended no longer count, and own machines that a
/// restart forgot count again.
pub(super) fn follow_machines(
    protection: &Protection,
    memory: &mut ElastiqMemory,
    machines: &[Machine],
    now: Seconds,
) {
    if let Some(limits) = &protection.breaker {
        let live: BTreeMap<&MachineId, bool> =
            machines.iter().map(|machine| (&machine.id, machine.state.is_live())).collect();
        let ended = |machine: &MachineId| live.get(machine) == Some(&false);
        let lost: Vec<_> = memory.breaker.unproved().filter(|machine| ended(machine)).cloned().collect();
        for machine in lost {
            memory.breaker.failed(&machine, now);
        }
        memory.breaker.review(limits, now);
    }
    if !protection.follow_machines {
        return;
    }
    let live: BTreeMap<&MachineId, bool> =
        machines.iter().map(|machine| (&machine.id, machine.state.is_live())).collect();
    let gone: Vec<_> = memory
        .coming
        .iter()
        .filter(|(machine, launched)| match live.get(machine) {
            Some(live) => !live,
            None => now.saturating_sub(*launched) > VISIBILITY_GRACE,
        })
        .map(|(machine, _)| machine.clone())
        .collect();
    for machine in gone {
        memory.uncount(&machine);
        memory.breaker.failed(&machine, now);
    }
    for machine in machines {
        let known = memory.hosts.contains_key(&machine.id) || memory.coming.contains(&machine.id);
        if !machine.own || !machine.state.is_live() || known {
            continue;
        }
        // Its own deadline still counts from the restart; it is coming as long as that one is set.
        let deadline = memory.timers.iter().find_map(|timer| match &timer.task {
            Task::Deadline { machine: other } if *other == machine.id => Some(timer.due),
            _ => None,
        });
        if let Some(due) = deadline {
            memory.coming.insert(machine.id.clone(), machine.launched_at.unwrap_or(now));
            memory.set(due, Task::Uncount { machine: machine.id.clone() });
        }
    }
}
