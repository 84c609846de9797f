//! Carries a plan out: recorded, called, recorded.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::cloud_calls::{launch_all, renew, terminate};
use super::fleet_batch::FleetBatch;
use super::fleet_event::FleetEvent;
use super::fleet_scaler::Scaler;
use super::launch_request::launch_request;
use super::pass_record::PassRecord;
use super::plan::{Plan, ending};
use super::pool_view::{PoolView, Verdict};
use super::scaler_error::ScalerError;
use super::tokens::Tokens;
use crate::batch::{DrainAnswer, DrainOrder, SourceError, WorkReading};
use crate::elastic::engine::{
    Decision, Launched, MachineId, Memory, Note, Outcome, Reason, Refusal, Termination, Wants,
};
use crate::provider::{CapacityError, CloudError, CloudErrorKind, LaunchRequest};

/// What came of a plan: for the engine, and for the pass's record, which differ in the positions of decisions.
#[derive(Debug, Default)]
pub(super) struct Results {
    pub(super) of_engine: Outcome,
    pub(super) of_record: Outcome,
    /// Decisions that followed within the step: ends of machines that were drained first.
    pub(super) decisions: Vec<Decision>,
    pub(super) notes: Vec<Note>,
    /// Machines that are ended without a decision of the step.
    pub(super) begun: BTreeSet<MachineId>,
    /// Lines that are not recorded yet.
    pub(super) events: Vec<FleetEvent>,
}

impl Scaler {
    /// Announces a plan in the journal and carries it out. The last lines are returned, to be recorded together with
    /// the memory that the engine has after it. None: it could not be announced at once, so that nothing of it was
    /// done, and `instead` is recorded.
    pub(super) async fn carry_out(
        &mut self,
        plan: Plan,
        memory: &Memory,
        record: &PassRecord,
        instead: &PassRecord,
    ) -> Result<Option<Results>, ScalerError> {
        let mut results = Results::default();
        let at = self.clock.now();
        let announcement = FleetBatch {
            at,
            events: plan.intents(),
            memory: Some(self.remembered(memory)),
            pass: Some(record.clone()),
            maximum: Some(self.bounds.max),
        };
        let instead = FleetBatch { pass: Some(instead.clone()), ..FleetBatch::events(at, Vec::new()) };
        if !self.announce(announcement, instead).await? {
            return Ok(None);
        }
        self.cancel_drains(&plan, &mut results).await;
        let to_end: BTreeSet<MachineId> = plan.to_end().into_iter().cloned().collect();
        let (requests, unsent) = self.requests(&plan).await;
        let ends: Vec<MachineId> = plan.ends.iter().flat_map(|(machines, _)| machines.iter().cloned()).collect();
        let orders = plan.drains.iter().map(|drain| (drain.machines.clone(), drain.unclaimed_only));
        let told = (!plan.told.is_empty()).then(|| (plan.told.clone(), false));
        let orders: Vec<(Vec<MachineId>, bool)> = orders.chain(told).collect();
        let (answers, (drains, leases_end), end) = {
            let (cloud, scaler) = (self.cloud.clone(), &*self);
            tokio::join!(launch_all(&cloud, requests), scaler.order_drains(orders, false), terminate(&cloud, &ends))
        };
        let launched: BTreeMap<&str, &super::plan::PlannedLaunch> =
            plan.launches.iter().map(|launch| (launch.intent.token.as_str(), launch)).collect();
        for (token, reason) in unsent {
            let error = Some(reason.clone());
            results.events.push(FleetEvent::Launched {
                token: token.clone(),
                workers: vec![],
                refusals: vec![],
                error,
            });
            if let Some(launch) = launched.get(token.as_str()) {
                results.refused(launch, launch.intent.names.len(), &reason);
            }
        }
        for (request, answer) in answers {
            let Some(launch) = launched.get(request.token.as_str()) else { continue };
            let asked = launch.intent.names.len();
            let (events, machines, why) = self.take_launch(request, answer);
            results.events.extend(events);
            if asked > machines.len() {
                results.refused(launch, asked - machines.len(), &why);
            }
            for machine in machines {
                let of_engine = Launched { decision: launch.intent.decision, machine };
                results.of_record.launched.push(Launched { decision: launch.recorded, ..of_engine.clone() });
                results.of_engine.launched.push(of_engine);
            }
        }
        self.take_drains(drains, leases_end, &mut results);
        results.begun.clone_from(&plan.begun);
        results.ended(&ends, end);
        self.end_drained(&plan, &to_end, &mut results).await?;
        results.of_engine.unterminated.extend(plan.postponed);
        for refusal in plan.refusals {
            results.of_engine.refused = results.of_engine.refused.saturating_add(refusal.count);
            results.of_engine.refusals.push(refusal);
        }
        let now = self.clock.now().as_second();
        (results.of_engine.now, results.of_record.now) = (now, now);
        Ok(Some(results))
    }

    async fn cancel_drains(&self, plan: &Plan, results: &mut Results) {
        let machines: Vec<MachineId> = plan.cancels.iter().flat_map(|(machines, _)| machines.iter().cloned()).collect();
        self.resume_all(&machines, results).await;
    }

    /// Lets machines accept work again whose drains are the scaler's.
    pub(super) async fn resume_all(&self, machines: &[MachineId], results: &mut Results) {
        if machines.is_empty() {
            return;
        }
        let Some(source) = self.source.as_ref().filter(|source| source.has_pool()) else {
            return self.give_leases_back(machines, results).await;
        };
        for (machine, answer) in source.cancel_drain(machines, &self.fleet.id.tag()).await {
            match answer {
                Ok(()) => results.resumed(machine),
                Err(error) => results.remark(&error),
            }
        }
        results.confirm_resumed();
    }

    /// Gives machines their leases back that were ended by drains.
    async fn give_leases_back(&self, machines: &[MachineId], results: &mut Results) {
        let until = self.leases.end(self.clock.now());
        let renewed = match self.leases.renews() {
            true => renew(&self.cloud, machines, until).await,
            false => Ok(machines.to_vec()),
        };
        match renewed {
            Ok(machines) => {
                machines.iter().for_each(|machine| results.resumed(machine.clone()));
                let lines =
                    (self.leases.renews() && !machines.is_empty()).then_some(FleetEvent::Renewed { machines, until });
                results.events.extend(lines);
                results.confirm_resumed();
            }
            Err(error) => {
                let message = format!("workers that are to stay have no leases again yet: {error}");
                results.remark(&SourceError { message, hint: None });
            }
        }
    }

    /// Makes the calls of a plan's launches. Those that cannot be made are returned with the reason.
    async fn requests(&self, plan: &Plan) -> (Vec<LaunchRequest>, Vec<(String, String)>) {
        let mut tokens = Tokens::new(self);
        let (mut requests, mut unsent) = (Vec::new(), Vec::new());
        for launch in &plan.launches {
            let intent = &launch.intent;
            let Some(spec) = self.machines.get(&*intent.kind) else { continue };
            match tokens.of(spec).await {
                Ok(token) => {
                    let grace = self.leases.grace_seconds();
                    requests.push(launch_request(&self.fleet, intent, spec, grace, token.as_ref(), false));
                }
                Err(error) => unsent.push((intent.token.clone(), error.to_string())),
            }
        }
        (requests, unsent)
    }

    /// Takes in the answer to a launch call: the lines, the machines, and why there are no more. A call whose answer is
    /// not known stays open.
    pub(super) fn take_launch(
        &mut self,
        request: LaunchRequest,
        answer: Result<crate::provider::Launched, CloudError>,
    ) -> (Vec<FleetEvent>, Vec<MachineId>, String) {
        let token = request.token.clone();
        match answer {
            Ok(launched) => {
                self.unanswered.remove(&token);
                let workers: Vec<_> = launched.instances.iter().map(super::machine_view::new_worker).collect();
                let machines = workers.iter().map(|worker| worker.id.clone()).collect();
                let reasons: Vec<&str> = launched.refusals.iter().map(|refusal| refusal.reason.as_str()).collect();
                let why = if reasons.is_empty() { "the cloud gave fewer".to_owned() } else { reasons.join("; ") };
                let line = FleetEvent::Launched { token, workers, refusals: launched.refusals, error: None };
                (vec![line], machines, why)
            }
            Err(error) if error.kind == CloudErrorKind::Transient => {
                let why = error.to_string();
                self.unanswered.insert(token, LaunchRequest { repeated: true, ..request });
                (Vec::new(), Vec::new(), why)
            }
            Err(error) => {
                let why = error.to_string();
                let refusal = |offer| CapacityError { offer, reason: why.clone() };
                let all = if error.kind == CloudErrorKind::NoCapacity { request.offers } else { Vec::new() };
                let refusals: Vec<_> = all.into_iter().map(refusal).collect();
                self.unanswered.remove(&token);
                // The refusals have the error's words.
                let error = refusals.is_empty().then(|| why.clone());
                (vec![FleetEvent::Launched { token, workers: Vec::new(), refusals, error }], Vec::new(), why)
            }
        }
    }

    /// Lets machines accept no more work. `repeated`: an earlier call may have done so. Returns the answers, and the
    /// hard end of their leases where these were ended for it.
    pub(super) async fn order_drains(
        &self,
        orders: Vec<(Vec<MachineId>, bool)>,
        repeated: bool,
    ) -> (Vec<(MachineId, DrainAnswer)>, Option<Timestamp>) {
        let Some(source) = self.source.as_ref().filter(|source| source.has_pool()) else {
            return self.end_leases(orders.into_iter().flat_map(|(machines, _)| machines).collect()).await;
        };
        let mut answers = Vec::new();
        for (machines, unclaimed_only) in orders {
            let mark = self.fleet.id.tag().into();
            answers.extend(source.drain(&DrainOrder { machines, unclaimed_only, now: false, mark, repeated }).await);
        }
        (answers, None)
    }

    /// Ends the leases of machines now, so that their own software accepts no more work and ends them when they have
    /// none, within the grace. Where the cloud renews no leases, the grace alone holds.
    async fn end_leases(&self, machines: Vec<MachineId>) -> (Vec<(MachineId, DrainAnswer)>, Option<Timestamp>) {
        let mut answer = DrainAnswer::Drained;
        let until =
            (self.leases.renews() && !machines.is_empty()).then(|| self.leases.end_of_drained(self.clock.now()));
        if let Some(until) = until
            && let Err(error) = renew(&self.cloud, &machines, until).await
        {
            let message = format!("the leases of workers that are to leave were not ended: {error}");
            answer = DrainAnswer::Unknown(SourceError { message, hint: None });
        }
        (machines.into_iter().map(|machine| (machine, answer.clone())).collect(), until)
    }

    /// Takes in the answers to drains, and the hard end of the leases that were ended for them.
    pub(super) fn take_drains(
        &self,
        answers: Vec<(MachineId, DrainAnswer)>,
        leases_end: Option<Timestamp>,
        results: &mut Results,
    ) {
        let mut refused: BTreeMap<String, Vec<MachineId>> = BTreeMap::new();
        let mut confirmed = Vec::new();
        for (machine, answer) in answers {
            match answer {
                DrainAnswer::Drained => {
                    confirmed.push(machine.clone());
                    results.drained(machine);
                }
                // The order stands, and is given again by the next pass.
                DrainAnswer::Unknown(error) => results.remark(&error),
                DrainAnswer::Claimed => refused.entry("it has a claim".into()).or_default().push(machine),
                DrainAnswer::Absent => refused.entry("the pool does not know it".into()).or_default().push(machine),
                DrainAnswer::Failed(error) => {
                    results.remark(&error);
                    refused.entry(error.to_string()).or_default().push(machine);
                }
            }
        }
        if !confirmed.is_empty() {
            results.events.push(FleetEvent::DrainConfirmed { machines: confirmed, leases_end });
        }
        for (error, mut machines) in refused {
            // A person's request holds, and is tried again.
            let persons = |id: &MachineId| {
                let by = self.fleet.workers.get(id).and_then(|worker| worker.drained_by);
                by == Some(crate::elastic::engine::DrainOwner::Person)
            };
            machines.retain(|machine| !persons(machine));
            if !machines.is_empty() {
                results.events.push(FleetEvent::DrainRefused { machines, error });
            }
        }
    }

    /// Ends machines that the step has drained, as far as another reading shows that they have no claim.
    async fn end_drained(
        &mut self,
        plan: &Plan,
        to_end: &BTreeSet<MachineId>,
        results: &mut Results,
    ) -> Result<(), ScalerError> {
        let drained = results.of_engine.drained.iter().filter(|machine| to_end.contains(machine));
        let drained: Vec<MachineId> = drained.cloned().collect();
        if drained.is_empty() {
            return Ok(());
        }
        // What has been drained is judged as such.
        self.record_events(std::mem::take(&mut results.events)).await?;
        let view = self.look_at_pool().await;
        let mut ends: Vec<(Vec<MachineId>, Reason)> = Vec::new();
        for drain in plan.drains.iter().filter(|drain| drain.then_end) {
            let of_drain = drain.machines.iter().filter(|machine| drained.contains(machine));
            let mut machines = Vec::new();
            for machine in of_drain {
                match self.verdict(machine, &drain.reason, &view) {
                    Verdict::End => machines.push(machine.clone()),
                    Verdict::Drain { .. } | Verdict::Tell => {}
                    Verdict::Wait(by) => results.notes.push(Note::EndPostponed { machine: machine.to_string(), by }),
                }
            }
            if !machines.is_empty() {
                ends.push((machines, drain.reason.clone()));
            }
        }
        let machines: Vec<MachineId> = ends.iter().flat_map(|(machines, _)| machines.iter().cloned()).collect();
        let postponed = drained.iter().filter(|machine| !machines.contains(machine));
        results.of_engine.unterminated.extend(postponed.cloned());
        if machines.is_empty() {
            return Ok(());
        }
        self.record_events(ends.iter().map(ending).collect()).await?;
        let end = terminate(&self.cloud, &machines).await;
        results.ended(&machines, end);
        let decision = |(machines, reason)| Decision::Terminate(Termination { machines, reason });
        results.decisions.extend(ends.into_iter().map(decision));
        Ok(())
    }

    /// Reads the pool alone.
    pub(super) async fn look_at_pool(&mut self) -> PoolView {
        let began: Timestamp = self.clock.now();
        let wants = Wants { pool: true, slots: true, ..Wants::default() };
        let reading = match &self.source {
            Some(source) => source.read(wants, began.as_second()).await,
            None => Default::default(),
        };
        let mut reading: WorkReading = reading;
        self.view_of(began, &mut reading)
    }
}

impl Results {
    pub(super) fn remark(&mut self, error: &SourceError) {
        self.notes.push(Note::Remark { text: error.to_string() });
    }

    /// Adds the line of the machines that accept work again.
    fn confirm_resumed(&mut self) {
        let machines = self.of_record.resumed.clone();
        self.events.extend((!machines.is_empty()).then_some(FleetEvent::Resumed { machines }));
    }

    fn resumed(&mut self, machine: MachineId) {
        self.of_record.resumed.push(machine.clone());
        self.of_engine.resumed.push(machine);
    }

    fn drained(&mut self, machine: MachineId) {
        self.of_record.drained.push(machine.clone());
        self.of_engine.drained.push(machine);
    }

    fn refused(&mut self, launch: &super::plan::PlannedLaunch, count: usize, reason: &str) {
        let count = u32::try_from(count).unwrap_or(u32::MAX);
        let refusal = |decision| Refusal { decision, count, reason: reason.to_owned() };
        for (outcome, decision) in
            [(&mut self.of_engine, launch.intent.decision), (&mut self.of_record, launch.recorded)]
        {
            outcome.refused = outcome.refused.saturating_add(count);
            outcome.refusals.push(refusal(decision));
        }
    }

    /// Takes in the answer to a call that ends machines. One that is not known is asked for again by the next pass.
    pub(super) fn ended(&mut self, machines: &[MachineId], answer: Result<(), CloudError>) {
        if machines.is_empty() {
            return;
        }
        let (begun, decided): (Vec<&MachineId>, Vec<&MachineId>) =
            machines.iter().partition(|machine| self.begun.contains(*machine));
        if answer.is_ok() {
            self.of_engine.terminated.extend(decided.into_iter().cloned());
            self.of_engine.ended.extend(begun.into_iter().cloned());
            self.of_record.terminated.extend_from_slice(machines);
        } else {
            self.of_engine.unterminated.extend(decided.into_iter().cloned());
            self.of_record.unterminated.extend_from_slice(machines);
        }
        let machines = machines.to_vec();
        match answer {
            Ok(()) => self.events.push(FleetEvent::TerminationAccepted { machines }),
            Err(error) if error.kind == CloudErrorKind::Transient => {
                self.notes.push(Note::Remark { text: error.to_string() });
            }
            Err(error) => {
                self.events.push(FleetEvent::TerminationRefused { machines, error: error.to_string() });
                self.notes.push(Note::Remark { text: error.to_string() });
            }
        }
    }
}
