use super::super::decision::{Decision, Termination};
use super::super::limit::Limit;
use super::super::machine::MachineId;
use super::super::note::Note;
use super::super::observation::Observation;
use super::super::protection::Protection;
use super::super::reason::Reason;
use super::super::seconds::Seconds;
use super::memory::ElastiqMemory;
use super::timer::Task;

/// Time in seconds after which a check that could not be made, or an end that failed, is tried again.
pub(super) const RETRY: Seconds = 10;

/// Ends a machine that has not joined the pool in the time that it was given (elastiq's `check_owned_instance`).
pub(super) fn check_deadline(
    protection: &Protection,
    memory: &mut ElastiqMemory,
    observation: &Observation<'_>,
    (machine, allowed): (&MachineId, Seconds),
    notes: &mut Vec<Note>,
) -> Option<Decision> {
    let mut postpone = |memory: &mut ElastiqMemory, source: &str| {
        memory.set(observation.now.saturating_add(RETRY), Task::Deadline { machine: machine.clone(), allowed });
        let by = Limit::FailedReading { source: source.into() };
        notes.push(Note::EndPostponed { machine: machine.to_string(), by });
    };
    let Some(machines) = observation.fresh_machines() else {
        // The original takes a call that failed for a machine that is gone.
        if protection.look_before_end {
            postpone(memory, "machines");
        }
        return None;
    };
    let described = machines.iter().find(|described| described.id == *machine);
    if !described.is_some_and(|described| described.state.is_live()) || memory.has_joined(machine) {
        return None;
    }
    if protection.look_before_end {
        let Some(pool) = observation.fresh_pool() else {
            postpone(memory, "pool");
            return None;
        };
        if let Some(host) = pool.iter().find(|host| host.id == *machine) {
            memory.uncount(machine);
            memory.breaker.up(machine, host.joined_at);
            return None;
        }
    }
    let reason = Reason::NeverJoined { allowed };
    Some(Decision::Terminate(Termination { machines: vec![machine.clone()], reason }))
}
