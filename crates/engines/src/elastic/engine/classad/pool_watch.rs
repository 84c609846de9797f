use std::collections::HashSet;

use super::super::fall::Fall;
use super::super::machine::{Machine, MachineId};
use super::super::pool_machine::PoolMachine;
use super::super::seconds::Seconds;
use super::config::ClassadConfig;
use super::memory::ClassadMemory;

/// Finds a sudden fall of the pool: slots that were there and are not, of machines that have not ended. The clocks of
/// the fleet's machines are up to date.
pub(super) fn watch_pool(
    config: &ClassadConfig,
    memory: &mut ClassadMemory,
    machines: &[Machine],
    pool: &[PoolMachine],
    now: Seconds,
) {
    let size = |machine: &PoolMachine| u32::try_from(machine.slots.len()).unwrap_or(u32::MAX);
    let seen = pool.iter().map(|machine| (&machine.id, size(machine)));
    let same = seen.clone().eq(memory.pool.iter().map(|(id, slots)| (id, *slots)));
    if same && memory.fall.is_none() {
        return;
    }
    let (mut before, mut missing) = (0_u64, 0_u64);
    if !same {
        let mut known: HashSet<&MachineId> = pool.iter().map(|machine| &machine.id).collect();
        known.extend(machines.iter().filter(|machine| !machine.state.is_live()).map(|machine| &machine.id));
        known.extend(memory.machines.iter().filter(|(_, clock)| clock.ended_at.is_some()).map(|(id, _)| id));
        known.extend(memory.gone.keys());
        for (id, slots) in &memory.pool {
            before = before.saturating_add(u64::from(*slots));
            if !known.contains(id) {
                missing = missing.saturating_add(u64::from(*slots));
            }
        }
    }
    let slots = seen.clone().fold(0_u64, |sum, (_, slots)| sum.saturating_add(u64::from(slots)));
    memory.fall = Fall::follow(memory.fall, config.fall_limits(), (before, missing, slots), now);
    if !same {
        memory.pool = seen.map(|(id, slots)| (id.clone(), slots)).collect();
    }
}
