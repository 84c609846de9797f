use super::super::outcome::Outcome;
use super::config::ClassadConfig;
use super::machine_clock::MachineClock;
use super::memory::ClassadMemory;

/// Takes in what came of a pass's decisions.
pub(super) fn settle(config: &ClassadConfig, outcome: &Outcome, memory: &mut ClassadMemory) {
    let now = outcome.now;
    for planned in std::mem::take(&mut memory.planned) {
        let of_kind = memory.kinds.entry(planned.kind.clone()).or_default();
        let mut granted = 0_u32;
        for launched in outcome.launched.iter().filter(|launched| launched.decision == planned.decision) {
            granted = granted.saturating_add(1);
            of_kind.breaker.launched(launched.machine.clone());
            let clock = MachineClock::new(Some(planned.kind.clone()), now);
            memory.machines.push(launched.machine.clone(), clock);
        }
        if granted > 0 {
            of_kind.launched_at = Some(now);
            memory.launches.push((now, granted));
        }
        if granted < planned.count {
            of_kind.backoff.refused(&config.backoff, now);
        } else {
            of_kind.backoff.granted();
        }
    }
    memory.launches.retain(|(at, _)| now.saturating_sub(*at) < 60);
    for machine in outcome.terminated.iter().chain(&outcome.ended) {
        let Some(clock) = memory.machines.get_mut(machine) else { continue };
        clock.ended_at = Some(now);
        if let Some(of_kind) = clock.kind.as_ref().and_then(|kind| memory.kinds.get_mut(kind)) {
            if clock.failed {
                of_kind.breaker.failed(machine, now);
            } else {
                of_kind.breaker.ended(machine);
            }
        }
    }
    for machine in &outcome.drained {
        if let Some(clock) = memory.machines.get_mut(machine) {
            (clock.drained_at, clock.resumed_at) = (Some(now), None);
        }
    }
    for machine in &outcome.resumed {
        if let Some(clock) = memory.machines.get_mut(machine) {
            (clock.drained_at, clock.resumed_at) = (None, Some(now));
        }
    }
}
