//! From admitted decisions to what is about to be done.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::admit::Admitted;
use super::excess::Serving;
use super::fleet::FleetPhase;
use super::fleet_scaler::Scaler;
use super::launch_intent::LaunchIntent;
use super::launch_request::Filling;
use super::observe::{AHEAD, Observed};
use super::plan::{Plan, PlannedDrain, PlannedLaunch};
use super::pool_view::{Circumstances, PoolView, Verdict};
use super::worker::{Worker, WorkerPhase};
use crate::elastic::engine::{
    Decision, Drain, DrainCancellation, DrainOwner, Launch, Limit, MachineId, Money, Note, Reason, Refusal, Termination,
};
use crate::elastic::fleet::{DrainMode, FleetEngine};

impl Scaler {
    /// Judges the end of each machine by the reading, splits launches into calls, and adds what the scaler itself has
    /// begun and finishes: drains by request, of workers whose life ends, and of engines that do not drain. `told`
    /// are the engine's notes.
    pub(super) fn plan(&self, admitted: Admitted, observed: &Observed, told: &[Note]) -> Plan {
        let now = observed.now;
        let Admitted { mut decisions, notes, is_by_hand } = admitted;
        let mut plan = Plan { notes, ..Plan::default() };
        let strays = self.fleet.own_strays(observed.own_machines()) as u64;
        let mut serving = Serving::new(self, &BTreeSet::new(), strays);
        if !is_by_hand {
            self.resume(&mut decisions, (observed, told), &mut serving, &mut plan);
        }
        let mut named = self.fleet.named;
        let mut touched: BTreeSet<MachineId> =
            plan.cancels.iter().flat_map(|(machines, _)| machines.iter().cloned()).collect();
        for (position, decision) in decisions {
            match decision {
                Decision::Launch(launch) => {
                    let most = self.cloud.capabilities().max_batch;
                    self.plan_launch(launch, position, (&mut named, most), now, &mut plan);
                }
                Decision::Terminate(Termination { machines, reason }) => {
                    self.plan_end(machines, &reason, observed, &mut touched, &mut plan);
                }
                Decision::Drain(Drain { mut machines, unclaimed_only, reason }) => {
                    machines.retain(|machine| touched.insert(machine.clone()));
                    plan.drain(machines, unclaimed_only, &reason, false);
                }
                Decision::CancelDrain(DrainCancellation { mut machines, reason }) => {
                    machines.retain(|machine| !touched.contains(machine));
                    let (machines, kept): (Vec<_>, Vec<_>) =
                        machines.into_iter().partition(|machine| serving.admit(machine));
                    touched.extend(machines.iter().cloned());
                    plan.cancel(machines, reason);
                    // The engine believes that these serve again; a limit does not let them.
                    self.plan_end(kept, &Reason::Drained, observed, &mut touched, &mut plan);
                }
            }
        }
        for (reason, machines) in self.begun(now) {
            plan.begun.extend(machines.iter().filter(|machine| !touched.contains(*machine)).cloned());
            self.plan_end(machines, &reason, observed, &mut touched, &mut plan);
        }
        let is_known = observed.machines.fresh().is_some() && !observed.view.is_silent();
        if self.fleet.phase == FleetPhase::Running && is_known && !is_by_hand {
            let leaving = plan.leaving();
            for (reason, machines) in self.excess(&leaving, &touched, strays, &observed.view) {
                self.plan_end(machines, &reason, observed, &mut touched, &mut plan);
            }
        }
        plan
    }

    /// Returns the workers that the scaler itself is to end, by reason.
    fn begun(&self, now: Timestamp) -> Vec<(Reason, Vec<MachineId>)> {
        let mut begun: Vec<(Reason, Vec<MachineId>)> = Vec::new();
        let mut add = |reason: Reason, machine: &MachineId| match begun.iter_mut().find(|(known, _)| *known == reason) {
            Some((_, machines)) => machines.push(machine.clone()),
            None => begun.push((reason, vec![machine.clone()])),
        };
        if self.fleet.phase == FleetPhase::Stopping {
            let live = self.fleet.workers.values().filter(|worker| worker.phase.is_live());
            live.for_each(|worker| add(Reason::Stopped, &worker.id));
            return begun;
        }
        for (machine, end) in self.leases.ending(&self.fleet, AHEAD, now) {
            add(Reason::EndsSoon { ends_at: end.as_second() }, &machine);
        }
        for worker in self.fleet.workers.values().filter(|worker| worker.phase == WorkerPhase::Draining) {
            match worker.drained_by {
                Some(DrainOwner::Person) => add(Reason::Requested, &worker.id),
                _ if !self.ends_drained_by_engine() => add(Reason::Drained, &worker.id),
                _ => {}
            }
        }
        if let Some((budget, spent)) = self.spent_budget(now) {
            let live = self.fleet.workers.values().filter(|worker| worker.phase.is_live());
            live.for_each(|worker| add(Reason::BudgetSpent { budget, spent }, &worker.id));
        }
        begun
    }

    /// Returns the budget that the fleet has spent, and what it has cost, if the engine does not see to it itself as
    /// classad does.
    fn spent_budget(&self, now: Timestamp) -> Option<(Money, Money)> {
        let spent = self.fleet.cost(now);
        let budget = self.file.limits.budget.filter(|budget| spent >= *budget)?;
        (self.decider.name() != "classad").then_some((budget, spent))
    }

    /// Cancels drains that the scaler began for an engine, as far as the engine wants machines again, and takes so many
    /// off its launches; then those that the engine no longer wants to end.
    fn resume(
        &self,
        decisions: &mut Vec<(Option<usize>, Decision)>,
        (observed, told): (&Observed, &[Note]),
        serving: &mut Serving<'_>,
        plan: &mut Plan,
    ) {
        let is_over = self.fleet.phase != FleetPhase::Running || self.spent_budget(observed.now).is_some();
        if self.decider.drains() || is_over {
            return;
        }
        let ending = self.leases.ending(&self.fleet, AHEAD, observed.now);
        let ends = |worker: &Worker| ending.iter().any(|(id, _)| *id == worker.id);
        let draining = self.fleet.workers.values().filter(|worker| {
            worker.phase == WorkerPhase::Draining && worker.drained_by == Some(DrainOwner::Scaler) && !ends(worker)
        });
        let draining = draining.map(|worker| worker.id.clone());
        // As many as may serve beside the others.
        let mut pending: Vec<MachineId> = draining.filter(|machine| serving.admit(machine)).collect();
        let mut resumed = Vec::new();
        for (_, decision) in decisions.iter_mut() {
            if let Decision::Launch(launch) = decision {
                let number = pending.len().min(usize::try_from(launch.count).unwrap_or(usize::MAX));
                resumed.extend(pending.drain(..number));
                launch.count = launch.count.saturating_sub(u32::try_from(number).unwrap_or(u32::MAX));
            }
        }
        decisions.retain(|(_, decision)| !matches!(decision, Decision::Launch(launch) if launch.count == 0));
        // An engine with a maximum of its own counts draining ones as well.
        for note in told.iter().chain(&plan.notes) {
            if let Note::StartLimited { wanted, allowed, by: Limit::Maximum { .. }, .. } = note {
                let number = usize::try_from(wanted.saturating_sub(*allowed)).unwrap_or(0).min(pending.len());
                resumed.extend(pending.drain(..number));
            }
        }
        let jobs = observed.work.demand.fresh().map_or(0, |demand| demand.waiting);
        plan.cancel(resumed, Reason::DemandReturned { jobs });
        let redecides = matches!(self.decider.name(), "npreserving" | "queuelen" | "coalition");
        let seen = observed.seen();
        let fresh = observed.machines.fresh().is_some() && seen.failed.is_empty() && seen.stale.is_empty();
        if redecides && fresh {
            let still = |machine: &MachineId| {
                decisions.iter().any(|(_, decision)| {
                    matches!(decision, Decision::Terminate(termination) if termination.machines.contains(machine))
                })
            };
            pending.retain(|machine| !still(machine));
            plan.cancel(pending, Reason::DemandReturned { jobs });
        }
    }

    /// Splits a launch into calls of at most so many machines; `named` is the number of workers that were ever named.
    pub(super) fn plan_launch(
        &self,
        launch: Launch,
        position: Option<usize>,
        (named, most): (&mut u64, usize),
        now: Timestamp,
        plan: &mut Plan,
    ) {
        let mut launch = launch;
        let Some((kind, spec)) = launch.kind.as_ref().and_then(|kind| Some((kind, self.machines.get(&**kind)?))) else {
            return;
        };
        let choice = self.fleet.choose_offers((kind, spec), (launch.count, launch.market), now);
        let allowed: u32 = choice.calls.iter().map(|(_, count)| count).sum();
        if let Some(by) = choice.limit {
            plan.notes.push(Note::limited(&launch, allowed, by));
            let count = launch.count - allowed;
            let reason = "each offer had no capacity or failed a short time ago".to_owned();
            plan.refusals.extend(position.map(|decision| Refusal { decision, count, reason }));
        }
        if allowed == 0 {
            return;
        }
        let expires_at = self.leases.end(now);
        let grace = self.leases.grace_seconds();
        let filling = Filling { fleet: &self.fleet, kind, grace, variables: &launch.variables };
        let most = most.max(1);
        for (offers, count) in choice.calls {
            let digest = filling.digest(spec, &offers);
            let mut left = usize::try_from(count).unwrap_or(usize::MAX);
            while left > 0 {
                let number = left.min(most);
                left -= number;
                let first = *named + 1;
                *named += number as u64;
                let fleet = &self.fleet.id;
                let intent = LaunchIntent {
                    token: format!("{}-{first}", fleet.nonce),
                    decision: position.unwrap_or(usize::MAX),
                    kind: kind.clone(),
                    names: (first..=*named).map(|number| format!("{}-{number}", fleet.name)).collect(),
                    offers: offers.clone(),
                    slot: launch.slot.clone(),
                    variables: launch.variables.clone(),
                    expires_at,
                    price: spec.price,
                    owner: self.owner.clone(),
                    state: self.state.clone(),
                    digest: digest.clone(),
                    reason: launch.reason.clone(),
                };
                plan.launches.push(PlannedLaunch { intent, recorded: plan.decisions.len() });
            }
        }
        launch.count = allowed;
        plan.decisions.push(Decision::Launch(launch));
    }

    fn plan_end(
        &self,
        machines: Vec<MachineId>,
        reason: &Reason,
        observed: &Observed,
        touched: &mut BTreeSet<MachineId>,
        plan: &mut Plan,
    ) {
        let (mut ends, mut idle, mut busy) = (Vec::new(), Vec::new(), Vec::new());
        for machine in machines {
            let worker = self.fleet.workers.get(&machine);
            // The end of one that is ending is intended already.
            if worker.is_some_and(|worker| !worker.phase.is_live()) || !touched.insert(machine.clone()) {
                continue;
            }
            match self.verdict(&machine, reason, &observed.view) {
                Verdict::End => ends.push(machine),
                Verdict::Drain { unclaimed_only: true } => idle.push(machine),
                Verdict::Drain { unclaimed_only: false } => busy.push(machine),
                Verdict::Tell => plan.told.push(machine),
                Verdict::Wait(by) => {
                    plan.notes.push(Note::EndPostponed { machine: machine.to_string(), by });
                    plan.postponed.push(machine);
                }
            }
        }
        plan.drain(idle, !matches!(reason, Reason::Stopped | Reason::EndsSoon { .. }), reason, true);
        plan.drain(busy, false, reason, true);
        if !ends.is_empty() {
            plan.decisions.push(Decision::Terminate(Termination { machines: ends.clone(), reason: reason.clone() }));
            plan.ends.push((ends, reason.clone()));
        }
    }

    /// Judges the end of a machine by a reading of the pool.
    pub(super) fn verdict(&self, machine: &MachineId, reason: &Reason, view: &PoolView) -> Verdict {
        if self.fleet.ends_now {
            return Verdict::End;
        }
        if !self.has_pool() {
            return self.verdict_without_pool(machine, reason, view);
        }
        let circumstances = Circumstances {
            drained_at: self.fleet.workers.get(machine).and_then(|worker| worker.drained_at),
            missing_since: self.sightings.in_pool(machine).unwrap_or(self.started),
            judged: self.decider.name() == "classad" && self.fleet.phase == FleetPhase::Running,
            now_mode: self.drain_mode() == Some(DrainMode::Now),
            reason,
        };
        view.judge(machine, self.fleet.workers.get(machine), &circumstances)
    }

    /// Returns how the engine classad drains machines. None: another engine decides.
    pub(super) fn drain_mode(&self) -> Option<DrainMode> {
        match &self.file.engine {
            FleetEngine::Classad(settings) if self.decider.name() == "classad" => Some(settings.drain_mode),
            _ => None,
        }
    }

    /// Whether the engine ends drained machines itself. For others the scaler does.
    pub(super) fn ends_drained_by_engine(&self) -> bool {
        self.decider.ends_drained() && self.has_pool()
    }

    /// Whether machines have claims that the source tells of.
    pub(super) fn has_pool(&self) -> bool {
        self.source.as_ref().is_some_and(|source| source.has_pool())
    }
}

impl Plan {
    fn drain(&mut self, machines: Vec<MachineId>, unclaimed_only: bool, reason: &Reason, then_end: bool) {
        if machines.is_empty() {
            return;
        }
        let drain = Drain { machines: machines.clone(), unclaimed_only, reason: reason.clone() };
        self.decisions.push(Decision::Drain(drain));
        self.drains.push(PlannedDrain { machines, unclaimed_only, reason: reason.clone(), then_end });
    }

    fn cancel(&mut self, machines: Vec<MachineId>, reason: Reason) {
        if machines.is_empty() {
            return;
        }
        let cancellation = DrainCancellation { machines: machines.clone(), reason: reason.clone() };
        self.decisions.push(Decision::CancelDrain(cancellation));
        self.cancels.push((machines, reason));
    }
}
