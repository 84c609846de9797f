use super::super::event::Event;
use super::super::limits::within_limit;
use super::cloud::Account;
use super::input::Cloud;
use super::lifecycle::{Change, Lifecycle};
use super::outage::Outages;
use super::pool::Pool;
use crate::elastic::engine::{Decision, Launched, MachineState, Outcome, Reason, Seconds};

/// The cloud with all that a call changes.
pub(super) struct Calls<'a> {
    pub(super) behaviour: &'a Cloud,
    pub(super) account: &'a mut Account,
    pub(super) lifecycle: &'a mut Lifecycle,
    pub(super) pool: &'a mut Pool,
    pub(super) outages: &'a Outages,
    pub(super) events: &'a mut Vec<Event>,
}

impl Calls<'_> {
    /// Carries decisions out.
    pub(super) fn carry_out(&mut self, decisions: &[Decision], now: Seconds) -> Outcome {
        let mut outcome = Outcome::nothing(now);
        for (index, decision) in decisions.iter().enumerate() {
            match decision {
                Decision::Launch(launch) => self.launch(index, launch.count, &launch.reason, &mut outcome),
                Decision::Terminate(termination) => {
                    for machine in &termination.machines {
                        let number = self.account.number(machine).filter(|_| self.outages.terminates(now));
                        match number {
                            Some(number) if self.terminate(number, &termination.reason, now) => {
                                outcome.terminated.push(machine.clone());
                            }
                            _ => outcome.unterminated.push(machine.clone()),
                        }
                    }
                }
                Decision::Drain(_) | Decision::CancelDrain(_) => {}
            }
        }
        outcome
    }

    fn launch(&mut self, decision: usize, count: u32, reason: &Reason, outcome: &mut Outcome) {
        let now = outcome.now;
        let mut ids = Vec::new();
        let (count, refused) = within_limit(count, self.account.census.live());
        outcome.refused = outcome.refused.saturating_add(refused);
        for _ in 0..count {
            let live = u64::try_from(self.account.census.live()).unwrap_or(0);
            let full = self.behaviour.hard_quota.is_some_and(|most| live >= most);
            if full || !self.outages.launches(now) {
                outcome.refused += 1;
                continue;
            }
            let boot = self.behaviour.boot_of(self.account.next_ordinal());
            let number = self.account.launch(now);
            self.lifecycle.plan(number, now, &boot);
            if let Some(machine) = self.account.machine(number) {
                ids.push(machine.id.to_string());
                outcome.launched.push(Launched { decision, machine: machine.id.clone() });
            }
        }
        if !ids.is_empty() {
            self.events.push(Event::machines(now, "boot", reason.word(), ids));
        }
    }

    /// Ends a machine. Tells whether it was live.
    fn terminate(&mut self, number: usize, reason: &Reason, now: Seconds) -> bool {
        let Some(machine) = self.account.machine(number).filter(|machine| machine.state.is_live()) else {
            return false;
        };
        let id = machine.id.to_string();
        let killed = self.close(number, MachineState::Terminating, now);
        self.lifecycle.at(now.saturating_add(self.behaviour.shutdown), number, Change::End);
        self.account.disown(number);
        let killed_jobs = (killed > 0).then_some(killed);
        self.events.push(Event { killed_jobs, ..Event::machines(now, "terminate", reason.word(), vec![id]) });
        true
    }

    /// Takes a machine out of work and into another state. Returns the number of jobs that it ran.
    pub(super) fn close(&mut self, number: usize, state: MachineState, now: Seconds) -> u32 {
        self.account.set_state(number, state, now);
        let killed = self.pool.close(number, now);
        if self.behaviour.leave > 0 {
            self.lifecycle.at(now.saturating_add(self.behaviour.leave), number, Change::Leave);
        } else {
            self.pool.leave(number);
        }
        killed
    }
}
