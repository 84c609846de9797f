use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::breaker::{Admission, Breaker};
use super::decision::{Decision, Termination};
use super::limit::Limit;
use super::machine::{Machine, MachineId, MachineState};
use super::protection::Protection;
use super::reason::Reason;
use super::seconds::Seconds;
use super::start_time::start_patience;

/// The memory that the engines of the EPU family share.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct CensusMemory {
    /// Machines whose end was asked for and is not confirmed.
    pub(super) ended: BTreeSet<MachineId>,
    pub(super) breaker: Breaker,
    /// Time of the last launch.
    pub(super) launched_at: Option<Seconds>,
}

/// The machines of a fleet at a pulse, judged.
pub(super) struct Census<'a> {
    /// Machines that count, in order of launch. Without protection those whose end is not confirmed are among them.
    pub(super) valid: Vec<&'a Machine>,
    /// Ends of machines that are unhealthy or stuck.
    pub(super) decisions: Vec<Decision>,
    /// Number of machines that may be launched in this pulse. None: any.
    pub(super) admitted: Option<i64>,
    /// The limit behind `admitted`.
    pub(super) limit: Option<Limit>,
}

impl CensusMemory {
    /// Judges the machines: ends the unhealthy and the stuck, and tells the breaker. With `compensate` false, unhealthy
    /// machines stay and count.
    pub(super) fn take<'a>(
        &mut self,
        protection: &Protection,
        machines: &'a [Machine],
        now: Seconds,
        compensate: bool,
    ) -> Census<'a> {
        if !self.ended.is_empty() {
            let live = machines.iter().filter(|machine| machine.state.is_live());
            let live: BTreeSet<&MachineId> = live.map(|machine| &machine.id).collect();
            self.ended.retain(|ended| live.contains(ended));
        }
        let rounds = self.breaker.rounds();
        let patience =
            protection.start_deadline.map(|unknown| start_patience(unknown, slowest_start(machines), rounds));
        let mut census = Census { valid: Vec::new(), decisions: Vec::new(), admitted: None, limit: None };
        for machine in machines.iter().filter(|machine| machine.own) {
            let failed = machine.state == MachineState::Error || machine.health.is_bad();
            let stuck = machine.state.is_starting()
                && patience.is_some_and(|most| age(machine, now).is_some_and(|age| age > most));
            match machine.state {
                MachineState::Running if !failed => {
                    self.breaker.up(&machine.id, machine.state_since.unwrap_or(now));
                }
                MachineState::Gone => self.breaker.failed(&machine.id, now),
                _ => {}
            }
            if !machine.state.is_live() {
                continue;
            }
            if (failed && compensate) || stuck {
                self.breaker.failed(&machine.id, now);
                if !self.ended.contains(&machine.id) {
                    let reason = Reason::Unhealthy { state: machine.state, health: machine.health };
                    let machines = vec![machine.id.clone()];
                    census.decisions.push(Decision::Terminate(Termination { machines, reason }));
                }
            } else if !(protection.follow_machines && self.ended.contains(&machine.id)) {
                census.valid.push(machine);
            }
        }
        if let Some(limits) = &protection.breaker {
            self.breaker.review(limits, now);
            let (admitted, until) = match self.breaker.admission(limits, now) {
                Admission::Free => return census,
                Admission::Trial => (1, None),
                Admission::Closed(until) => (0, until),
            };
            census.admitted = Some(admitted);
            census.limit = Some(Limit::Breaker { failures: self.breaker.failures(), until });
        }
        census
    }

    /// Takes in the results of the calls.
    pub(super) fn settle<'a>(
        &mut self,
        protection: &Protection,
        launched: impl Iterator<Item = &'a MachineId>,
        terminated: impl Iterator<Item = &'a MachineId>,
        now: Seconds,
    ) {
        for machine in launched {
            self.launched_at = Some(now);
            if protection.breaker.is_some() {
                self.breaker.launched(machine.clone());
            }
        }
        for machine in terminated {
            self.breaker.ended(machine);
            self.ended.insert(machine.clone());
        }
    }
}

/// Orders candidates for removal: those at work last, if the protection asks for it; else by launch.
pub(super) fn removal_order(protection: &Protection, machines: &mut [&Machine]) {
    if protection.spare_working {
        machines.sort_by_key(|machine| machine.state == MachineState::Running);
    }
}

fn age(machine: &Machine, now: Seconds) -> Option<Seconds> {
    Some(now.saturating_sub(machine.launched_at?))
}

/// Returns the time that the slowest running machine took to come up, in seconds.
fn slowest_start(machines: &[Machine]) -> Option<Seconds> {
    machines
        .iter()
        .filter(|machine| machine.state == MachineState::Running)
        .filter_map(|machine| Some(machine.state_since?.saturating_sub(machine.launched_at?)))
        .max()
}

#[cfg(test)]
mod tests {
    use super::super::machine::Health;
    use super::*;

    fn machine(id: &str, state: MachineState, launched_at: Seconds, state_since: Seconds) -> Machine {
        Machine {
            id: MachineId::new(id),
            kind: None,
            state,
            launched_at: Some(launched_at),
            state_since: Some(state_since),
            own: true,
            health: Health::Unknown,
            unique: None,
            ends_at: None,
        }
    }

    #[test]
    fn machine_stuck_longer_than_three_times_the_slowest_start_is_ended() {
        let machines = [machine("a", MachineState::Running, 0, 120), machine("b", MachineState::Pending, 100, 110)];
        let mut memory = CensusMemory::default();
        let at = |memory: &mut CensusMemory, now| memory.take(&Protection::default(), &machines, now, true).decisions;
        assert_eq!(at(&mut memory, 460).len(), 0);
        assert_eq!(at(&mut memory, 461).len(), 1);
    }

    #[test]
    fn without_protection_a_stuck_machine_counts_for_ever() {
        let machines = [machine("b", MachineState::Pending, 0, 10)];
        let mut memory = CensusMemory::default();
        let census = memory.take(&Protection::none(), &machines, 1_000_000, true);
        assert_eq!((census.valid.len(), census.decisions.len()), (1, 0));
    }

    #[test]
    fn unhealthy_machine_is_ended_once() {
        let mut sick = machine("a", MachineState::Running, 0, 90);
        sick.health = Health::Missing;
        let machines = [sick];
        let mut memory = CensusMemory::default();
        assert_eq!(memory.take(&Protection::none(), &machines, 300, true).decisions.len(), 1);
        memory.settle(&Protection::none(), [].into_iter(), [MachineId::new("a")].iter(), 300);
        let census = memory.take(&Protection::none(), &machines, 305, true);
        assert_eq!((census.valid.len(), census.decisions.len()), (0, 0));
    }
}
