//! What earlier steps or an earlier process announced, and whose end is not known: it is finished first.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::act::Results;
use super::cloud_calls::{launch_all, terminate};
use super::fleet::FleetPhase;
use super::fleet_batch::FleetBatch;
use super::fleet_event::FleetEvent;
use super::fleet_scaler::Scaler;
use super::launch_intent::LaunchIntent;
use super::launch_request::{Filling, launch_request, wants_token};
use super::machine_view::new_worker;
use super::pool_view::PoolView;
use super::scaler_error::ScalerError;
use super::worker::{Worker, WorkerPhase};
use crate::elastic::engine::{DrainOwner, Launched, MachineId, Note, Outcome};
use crate::provider::{Instance, LaunchRequest, Selector, TAG_INTENT};

impl Scaler {
    /// Finishes what was announced: launches by token, ends, drains, and what the engine was not told of. What the
    /// cloud does not answer stays for the next pass.
    pub(super) async fn finish(&mut self, notes: &mut Vec<Note>) -> Result<(), ScalerError> {
        self.finish_launches(notes).await?;
        self.finish_ends(notes).await?;
        self.finish_drains(notes).await?;
        if self.unsettled && self.inherited.is_empty() {
            self.settle_inherited(Vec::new()).await?;
        }
        Ok(())
    }

    /// Repeats launches whose answer is not known.
    async fn finish_launches(&mut self, notes: &mut Vec<Note>) -> Result<(), ScalerError> {
        let mut launched = Vec::new();
        let mut events = Vec::new();
        let mut repeated: Vec<LaunchRequest> = self.unanswered.values().cloned().collect();
        if !self.inherited.is_empty() {
            let shown = match self.cloud.describe(&Selector::Run(self.fleet.id.tag())).await {
                Ok(shown) => shown,
                Err(error) => {
                    notes.push(Note::Remark { text: format!("an announced launch waits: {error}") });
                    return Ok(());
                }
            };
            for token in std::mem::take(&mut self.inherited) {
                let Some(intent) = self.fleet.launching.get(&token).cloned() else { continue };
                match self.fate(&intent, &shown) {
                    Fate::Ended(event) => {
                        if let FleetEvent::Launched { workers, .. } = &event {
                            let of = |worker: &super::fleet_event::NewWorker| Launched {
                                decision: intent.decision,
                                machine: worker.id.clone(),
                            };
                            launched.extend(workers.iter().map(of));
                        }
                        events.push(event);
                    }
                    Fate::Repeat(request) => repeated.push(*request),
                    Fate::Unknown => drop(self.inherited.insert(token)),
                }
            }
        }
        let decisions: BTreeMap<String, usize> =
            self.fleet.launching.iter().map(|(token, intent)| (token.clone(), intent.decision)).collect();
        for (request, answer) in launch_all(&self.cloud, repeated).await {
            let decision = decisions.get(&request.token).copied().unwrap_or(usize::MAX);
            let (lines, machines, why) = self.take_launch(request, answer);
            if lines.is_empty() {
                notes.push(Note::Remark { text: format!("a launch is repeated until the cloud answers: {why}") });
            }
            events.extend(lines);
            launched.extend(machines.into_iter().map(|machine| Launched { decision, machine }));
        }
        if self.unsettled && self.inherited.is_empty() {
            self.record_events(events).await?;
            return self.settle_inherited(launched).await;
        }
        self.record_events(events).await
    }

    /// Returns what is known of a launch that an earlier process announced.
    fn fate(&self, intent: &LaunchIntent, shown: &[Instance]) -> Fate {
        let of_intent = |instance: &&Instance| instance.tags.get(TAG_INTENT) == Some(&intent.token);
        let found: Vec<&Instance> = shown.iter().filter(of_intent).collect();
        let ended = |error: Option<String>| {
            let alive = found.iter().filter(|instance| !instance.state.is_gone());
            let workers = alive.map(|instance| new_worker(instance)).collect();
            Fate::Ended(FleetEvent::Launched { token: intent.token.clone(), workers, refusals: Vec::new(), error })
        };
        if found.len() >= intent.names.len() {
            return ended(None);
        }
        let now = self.clock.now();
        if let Some(spec) = self.machines.get(&*intent.kind).filter(|_| found.is_empty()) {
            let grace = self.leases.grace_seconds();
            let filling = Filling { fleet: &self.fleet, kind: &intent.kind, grace, variables: &intent.variables };
            let same = filling.digest(spec, &intent.offers) == intent.digest && !wants_token(spec);
            // A machine that came up with a lease that is all but over would be of no use.
            let lasts = intent.expires_at.duration_since(now) > self.leases.shortest();
            if same && lasts && self.fleet.phase == FleetPhase::Running {
                return Fate::Repeat(Box::new(launch_request(&self.fleet, intent, spec, grace, None, true)));
            }
        }
        // The call cannot be made again as it was. What it launched shows within the cloud's window; what shows later
        // is adopted by its tags.
        let window = SignedDuration::try_from(self.cloud.capabilities().consistency_window).unwrap_or_default();
        if now.duration_since(self.started) >= window {
            return ended(Some("the scaler ended before it read the cloud's answer".to_owned()));
        }
        Fate::Unknown
    }

    /// Tells the engine what came of an earlier process's last step, as far as the journal knows.
    async fn settle_inherited(&mut self, launched: Vec<Launched>) -> Result<(), ScalerError> {
        let phase = |phase: WorkerPhase| {
            let of_phase = self.fleet.workers.values().filter(move |worker| worker.phase == phase);
            of_phase.map(|worker| worker.id.clone()).collect::<Vec<MachineId>>()
        };
        let outcome = Outcome {
            now: self.clock.now().as_second(),
            launched,
            ended: phase(WorkerPhase::Terminating),
            ..Outcome::default()
        };
        self.settle(&outcome, Vec::new()).await?;
        self.unsettled = false;
        Ok(())
    }

    /// Tells the engine what came of an earlier step, and records its memory with the lines of that.
    async fn settle(&mut self, outcome: &Outcome, events: Vec<FleetEvent>) -> Result<(), ScalerError> {
        let memory = self.decider.settle(outcome, self.memory.clone());
        let batch = FleetBatch::events(self.clock.now(), events);
        self.record(FleetBatch { memory: Some(self.remembered(&memory)), ..batch }).await?;
        self.memory = memory;
        Ok(())
    }

    /// Ends machines again whose end is intended and was not accepted.
    async fn finish_ends(&mut self, notes: &mut Vec<Note>) -> Result<(), ScalerError> {
        let ending = self.fleet.workers.values().filter(|worker| worker.phase == WorkerPhase::Ending);
        let ending: Vec<MachineId> = ending.map(|worker| worker.id.clone()).collect();
        if ending.is_empty() {
            return Ok(());
        }
        let mut results = Results::default();
        results.begun.extend(ending.iter().cloned());
        results.ended(&ending, terminate(&self.cloud, &ending).await);
        notes.append(&mut results.notes);
        // Else it is told when all that it decided is known.
        if results.of_engine.ended.is_empty() || self.unsettled {
            return self.record_events(results.events).await;
        }
        let outcome = Outcome { now: self.clock.now().as_second(), ..results.of_engine };
        self.settle(&outcome, results.events).await
    }

    /// Orders drains again that the pool has not confirmed, or that it does not show, and cancels again those whose
    /// cancellation it has not confirmed.
    async fn finish_drains(&mut self, notes: &mut Vec<Note>) -> Result<(), ScalerError> {
        let stopping = self.fleet.phase == FleetPhase::Stopping;
        let open = |worker: &&Worker| worker.phase == WorkerPhase::Draining && worker.drained_at.is_none();
        let resuming = self.fleet.workers.values().filter(|worker| worker.resuming && worker.phase.is_live());
        let resuming: Vec<MachineId> = resuming.map(|worker| worker.id.clone()).collect();
        let (mut whole, mut unclaimed) = (Vec::new(), Vec::new());
        for worker in self.fleet.workers.values().filter(open) {
            let all = stopping || worker.drained_by == Some(DrainOwner::Person);
            if all { whole.push(worker.id.clone()) } else { unclaimed.push(worker.id.clone()) }
        }
        let nothing = whole.is_empty() && unclaimed.is_empty() && resuming.is_empty();
        if nothing || self.fleet.overrides.paused && !stopping {
            return Ok(());
        }
        let mut results = Results::default();
        // Where the source drains none, whoever is told free may still be ended at once: that is judged first.
        if self.has_pool() {
            let orders = [(whole, false), (unclaimed, true)].into_iter().filter(|(machines, _)| !machines.is_empty());
            let (answers, leases_end) = self.order_drains(orders.collect(), true).await;
            self.take_drains(answers, leases_end, &mut results);
        }
        self.resume_all(&resuming, &mut results).await;
        notes.append(&mut results.notes);
        self.record_events(results.events).await
    }

    /// Takes back confirmations of drains that the pool does not show after a while: somebody else cancelled them. A
    /// source that drains none shows none.
    pub(super) async fn doubt_drains(&mut self, view: &PoolView, now: Timestamp) -> Result<(), ScalerError> {
        const LAG: SignedDuration = SignedDuration::from_secs(120);
        if !self.has_pool() {
            return Ok(());
        }
        let undone = |worker: &&Worker| {
            let long = worker.drained_at.is_some_and(|at| now.duration_since(at) >= LAG);
            worker.phase == WorkerPhase::Draining && long && view.is_draining(&worker.id) == Some(false)
        };
        let undone: Vec<MachineId> =
            self.fleet.workers.values().filter(undone).map(|worker| worker.id.clone()).collect();
        let lines = (!undone.is_empty()).then_some(FleetEvent::DrainUndone { machines: undone });
        self.record_events(lines.into_iter().collect()).await
    }
}

enum Fate {
    Ended(FleetEvent),
    Repeat(Box<LaunchRequest>),
    Unknown,
}
