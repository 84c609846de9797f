use std::borrow::Cow;

use serde_json::{Value, json};

use super::super::detail::Detail;
use super::super::event::Event;
use super::calls::Calls;
use super::cloud::Account;
use super::input::ExistingState;
use super::lifecycle::{Change, Lifecycle};
use super::outage::Outages;
use super::pool::Pool;
use super::scenario::ElastiqScenario;
use super::sightings::ElastiqSightings;
use super::tally::Counts;
use crate::elastic::engine::{
    Decision, Demand, Machine, MachineState, Note, Observation, Outcome, Reading, Seconds, Wants,
};

/// The world without its daemon.
pub(super) struct State<'a> {
    pub(super) scenario: &'a ElastiqScenario,
    pub(super) account: Account,
    pub(super) lifecycle: Lifecycle,
    pub(super) pool: Pool,
    pub(super) outages: Outages,
    pub(super) events: Vec<Event>,
    pub(super) notes: Vec<Value>,
    pub(super) sightings: ElastiqSightings,
    detail: Detail,
}

impl<'a> State<'a> {
    /// Makes the world at 0, with the machines that are there at the start.
    pub(super) fn new(scenario: &'a ElastiqScenario, detail: Detail) -> State<'a> {
        let mut state = State {
            scenario,
            account: Account::default(),
            lifecycle: Lifecycle::default(),
            pool: Pool::new(&scenario.workload.static_hosts),
            outages: Outages::default(),
            events: Vec::new(),
            notes: Vec::new(),
            sightings: ElastiqSightings::new(detail.is_full()),
            detail,
        };
        for existing in &scenario.cloud.existing {
            let (machine_state, joined) = match existing.state {
                ExistingState::Pending => (MachineState::Pending, false),
                ExistingState::Running => (MachineState::Running, existing.joined),
                ExistingState::Error => (MachineState::Error, false),
            };
            let number = state.account.exist(machine_state, existing.owned);
            if joined {
                state.join(number, 0);
            }
        }
        state
    }

    fn slots_per_machine(&self) -> u32 {
        self.scenario.cloud.slots_per_vm.unwrap_or_else(|| self.scenario.config.jobs_per_machine())
    }

    fn join(&mut self, number: usize, now: Seconds) {
        let slots = self.slots_per_machine();
        let running = self.account.machine(number).filter(|machine| machine.state == MachineState::Running);
        if let Some(machine) = running {
            self.pool.join(number, machine.id.clone(), slots, now);
        }
    }

    /// Returns the cloud with all that a call changes.
    fn calls(&mut self) -> Calls<'_> {
        Calls {
            behaviour: &self.scenario.cloud,
            account: &mut self.account,
            lifecycle: &mut self.lifecycle,
            pool: &mut self.pool,
            outages: &self.outages,
            events: &mut self.events,
        }
    }

    /// Lets a machine vanish.
    pub(super) fn die(&mut self, number: usize, now: Seconds) {
        if self.account.machine(number).is_some_and(|machine| machine.state.is_live()) {
            self.calls().close(number, MachineState::Gone, now);
            let vanish = now.saturating_add(self.scenario.cloud.visible);
            self.lifecycle.at(vanish, number, Change::Vanish);
        }
    }

    /// Lets a machine go to `error`.
    pub(super) fn fail(&mut self, number: usize, now: Seconds) {
        let healthy = |machine: &Machine| machine.state.is_live() && machine.state != MachineState::Error;
        if self.account.machine(number).is_some_and(healthy) {
            self.calls().close(number, MachineState::Error, now);
        }
    }

    /// Settles the changes of machines that are due.
    pub(super) fn settle_machines(&mut self, now: Seconds) {
        for (number, change) in self.lifecycle.due(now) {
            let state = self.account.machine(number).map(|machine| machine.state);
            match change {
                Change::Die => self.die(number, now),
                Change::Error => self.fail(number, now),
                Change::Run if state == Some(MachineState::Pending) => {
                    self.account.set_state(number, MachineState::Running, now);
                }
                Change::Join => self.join(number, now),
                Change::End if state == Some(MachineState::Terminating) => {
                    self.account.set_state(number, MachineState::Gone, now);
                    let vanish = now.saturating_add(self.scenario.cloud.visible);
                    self.lifecycle.at(vanish, number, Change::Vanish);
                }
                Change::Leave => self.pool.leave(number),
                Change::Vanish => self.account.vanish(number),
                Change::Run | Change::End => {}
            }
        }
    }

    /// Carries decisions out.
    pub(super) fn carry_out(&mut self, decisions: &[Decision], now: Seconds) -> Outcome {
        self.calls().carry_out(decisions, now)
    }

    /// Takes the readings wanted. `began` is the time at which the first source was asked.
    pub(super) fn observe(&mut self, wants: Wants, now: Seconds, began: Seconds) -> Observation<'_> {
        let failed = || "no answer".to_owned();
        let machines = match (wants.machines, self.outages.api_answers(now)) {
            (false, _) => Reading::Unread,
            (true, false) => Reading::Failed { reason: failed() },
            (true, true) => Reading::Fresh { value: Cow::Borrowed(self.account.described()) },
        };
        let pool = match (wants.pool, self.outages.status_answers(now)) {
            (false, _) => Reading::Unread,
            (true, false) => Reading::Failed { reason: failed() },
            (true, true) => Reading::Fresh { value: Cow::Owned(self.pool.hosts()) },
        };
        let waiting = &self.pool.waiting;
        let demand = match (wants.demand, self.outages.queue_answers(now)) {
            (false, _) => Reading::Unread,
            (true, false) => Reading::Failed { reason: failed() },
            (true, true) => {
                Reading::Fresh { value: Demand { waiting: waiting.ready(), unservable: waiting.hopeless() } }
            }
        };
        if demand.fresh().is_some() {
            self.sightings.queue(now, waiting.count());
        } else if let Reading::Fresh { value: hosts } = &pool {
            let machines = machines.fresh().map(|machines| &**machines);
            self.sightings.pool(now, machines, hosts);
        } else if let Reading::Fresh { value: machines } = &machines {
            let every = self.scenario.config.engine().errors_every;
            self.sightings.cloud(now, every, machines);
        }
        Observation { began, demand, machines, pool, ..Observation::unread(now) }
    }

    /// Records the limits that a step met, in the words of the recorded traces.
    pub(super) fn note(&mut self, notes: &[Note], decisions: &[Decision], outcome: &Outcome) {
        if !self.detail.is_full() {
            return;
        }
        let started = outcome.launched.len();
        let refused = i64::from(outcome.refused) + i64::try_from(started).unwrap_or(i64::MAX);
        let mut limited = false;
        for note in notes {
            match note {
                Note::StartLimited { reason, wanted, .. } => {
                    limited = true;
                    self.notes.push(json!({"note": "start_limited", "reason": reason, "started": started,
                        "t": outcome.now, "wanted": wanted}));
                }
                Note::IdleKept { idle, .. } => {
                    let ended = outcome.terminated.len();
                    self.notes.push(json!({"idle": idle, "note": "idle_kept", "t": outcome.now, "terminated": ended}));
                }
                _ => {}
            }
        }
        if !limited && outcome.refused > 0 {
            let reason = decisions.iter().find_map(|decision| match decision {
                Decision::Launch(launch) => launch.reason.word(),
                Decision::Terminate(_) | Decision::Drain(_) | Decision::CancelDrain(_) => None,
            });
            self.notes.push(json!({"note": "start_limited", "reason": reason, "started": started,
                "t": outcome.now, "wanted": refused}));
        }
    }

    /// Returns the counts at the end of a second.
    pub(super) fn counts(&self) -> Counts {
        let census = self.account.census;
        Counts {
            waiting: i64::try_from(self.pool.waiting.count()).unwrap_or(i64::MAX),
            pending: census.pending,
            running: census.running,
            joined: self.pool.joined,
            busy: self.pool.busy,
            live: census.live(),
        }
    }

    /// Returns the state at the end.
    pub(super) fn end(&self) -> Value {
        let of = |state: MachineState| -> Vec<&str> {
            let machines = self.account.described().iter();
            machines.filter(|machine| machine.state == state).map(|machine| machine.id.as_str()).collect()
        };
        let owned = self.account.owned();
        json!({
            "busy_slots": self.pool.busy,
            "error": of(MachineState::Error),
            "owned_in_state_file": owned,
            "pending": of(MachineState::Pending),
            "running": of(MachineState::Running),
            "waiting": self.pool.waiting.count(),
        })
    }
}
