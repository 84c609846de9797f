//! One pass: finish, renew, observe, decide, record, act, record.

use jiff::Timestamp;

use super::admit::{Admitted, Limits};
use super::fleet::FleetPhase;
use super::fleet_batch::FleetBatch;
use super::fleet_event::FleetEvent;
use super::fleet_scaler::Scaler;
use super::last_pass::LastPass;
use super::observe::{AHEAD, Observed};
use super::old_news::hold_old_news;
use super::pass_record::{PassRecord, Seen};
use super::plan::Plan;
use super::pool_fall::PoolFall;
use super::scaler_error::ScalerError;
use super::worker::WorkerPhase;
use crate::elastic::engine::{
    Decision, FallLimits, Limit, MachineId, Memory, Note, Outcome, Pass, Reading, Reason, Termination, Wants,
};

/// Most steps of a pass. Engines have a few.
const STEPS: usize = 64;

/// Said of decisions that could not be recorded when they were made.
const OUTDATED: &str =
    "what this pass decided could not be recorded at once, and was not done: the next one looks again";

impl Scaler {
    /// Makes a pass: finishes what was announced, renews leases that are due, takes readings, lets the engine decide,
    /// records, makes the calls, and records what came of them.
    ///
    /// # Errors
    /// Nothing can be recorded any more; or the settings that a schedule brings make no engine. Everything else is told
    /// in the record. After an error, or when the future is dropped, the scaler must be dropped as well.
    pub async fn pass(&mut self) -> Result<PassRecord, ScalerError> {
        let begun = self.clock.now();
        self.adjust(begun)?;
        let mut record = self.new_record(begun);
        if self.is_over() {
            return Ok(record);
        }
        self.renew_leases(&mut record.notes).await?;
        self.finish(&mut record.notes).await?;
        self.passes += 1;
        let stopping = self.fleet.phase == FleetPhase::Stopping;
        if stopping && self.fleet.keeps_workers {
            self.end_fleet(record.at).await?;
        } else if stopping {
            self.stop_step(&mut record).await?;
        } else if self.fleet.overrides.paused || self.unsettled {
            if self.fleet.overrides.paused {
                record.notes.push(Note::Held { by: Limit::Paused });
            }
            let observed = self.observe(Wants { demand: true, machines: true, pool: true, ..Wants::default() }).await?;
            take_readings(&mut record, &observed);
            self.conclude(&record).await?;
        } else {
            self.look_for_namesakes(&mut record.notes).await;
            for _ in 0..STEPS {
                self.step(&mut record).await?;
                if !self.decider.unfinished(&self.memory) {
                    break;
                }
            }
        }
        self.last_pass = Some(LastPass { begun, ended: self.clock.now() });
        Ok(record)
    }

    /// Returns the record of a pass in which nothing has happened yet.
    pub(super) fn new_record(&self, at: Timestamp) -> PassRecord {
        PassRecord::new(self.passes + 1, at, self.decider.name(), (self.bounds.min, self.bounds.max))
    }

    /// Takes one step of the engine.
    async fn step(&mut self, record: &mut PassRecord) -> Result<(), ScalerError> {
        let begun = self.clock.now();
        let wants = self.wants(&self.memory, begun);
        let observed = self.observe(wants).await?;
        take_readings(record, &observed);
        self.doubt_drains(&observed.view, observed.now).await?;
        let before = std::mem::replace(&mut self.memory, Memory::Command(Box::default()));
        let untouched = before.clone();
        let directory = self.directory().to_owned();
        let Pass { mut decisions, notes, memory } =
            self.decider.decide(&observed.observation(), before, &directory).await;
        record.notes.extend(notes.iter().cloned());
        hold_old_news(&mut decisions, &observed.work, &mut record.notes);
        let stay = self.hold_by_fall(&mut decisions, &observed, &mut record.notes);
        let admitted = self.limits(&observed).admit(decisions);
        let mut plan = self.plan(admitted, &observed, &notes);
        plan.postponed.extend(stay);
        let offset = enter(record, &plan);
        record.notes.extend(self.left_out(observed.now, &record.notes));
        let done = match plan.is_empty() {
            true => Some((plan.nothing_done(self.clock.now()), Vec::new())),
            false => self.act(plan, &memory, record, offset).await?,
        };
        // Of what was not done, the engine knows nothing.
        let Some((outcome, events)) = done else {
            self.memory = untouched;
            return Ok(());
        };
        self.memory = self.decider.settle(&outcome, memory);
        self.conclude_with(record, events).await
    }

    /// Holds shrinkage while much of the pool is missing that was there; returns the machines that stay for that. The
    /// engine classad sees to it itself.
    pub(super) fn hold_by_fall(
        &mut self,
        decisions: &mut [Decision],
        observed: &Observed,
        notes: &mut Vec<Note>,
    ) -> Vec<MachineId> {
        if self.decider.name() == "classad" {
            // Another engine that follows begins with the pool as it is then.
            self.pool_fall = PoolFall::default();
            return Vec::new();
        }
        let limits = FallLimits { share: self.file.limits.freeze_fall, time: FallLimits::TIME };
        self.pool_fall.see(&self.fleet, &observed.view, limits, observed.now);
        self.pool_fall.hold(decisions, limits, notes)
    }

    /// Returns notes on the offers that launches leave out, as far as they are not told yet.
    fn left_out(&self, now: Timestamp, told: &[Note]) -> Vec<Note> {
        let kinds = self.machines.iter();
        let notes = kinds.flat_map(|(kind, spec)| self.fleet.offers_left_out(&kind.as_str().into(), spec, now));
        notes.filter(|note| !told.contains(note)).collect()
    }

    /// Carries out a plan whose first decision has the position `offset` in the record, and enters what came of it
    /// there. Returns what came of it for the engine, and the lines that are not recorded yet. None: it was not carried
    /// out, and the pass is recorded without it.
    async fn act(
        &mut self,
        plan: Plan,
        memory: &Memory,
        record: &mut PassRecord,
        offset: usize,
    ) -> Result<Option<(Outcome, Vec<FleetEvent>)>, ScalerError> {
        let mut instead = record.clone();
        instead.decisions.truncate(offset);
        instead.notes.push(Note::Remark { text: OUTDATED.to_owned() });
        let Some(results) = self.carry_out(plan, memory, record, &instead).await? else {
            *record = instead;
            return Ok(None);
        };
        record.notes.extend(results.notes);
        record.decisions.extend(results.decisions);
        merge(record.outcome.get_or_insert_default(), results.of_record, offset);
        Ok(Some((results.of_engine, results.events)))
    }

    /// Records a pass, and the engine's memory.
    async fn conclude(&mut self, record: &PassRecord) -> Result<(), ScalerError> {
        self.conclude_with(record, Vec::new()).await
    }

    /// Does the same with lines that are not recorded yet.
    async fn conclude_with(&mut self, record: &PassRecord, events: Vec<FleetEvent>) -> Result<(), ScalerError> {
        let batch = FleetBatch::events(self.clock.now(), events);
        self.record(FleetBatch { memory: Some(self.remembered(&self.memory)), pass: Some(record.clone()), ..batch })
            .await
    }

    /// Returns what decisions are held against.
    pub(super) fn limits<'a>(&'a self, observed: &'a Observed) -> Limits<'a> {
        Limits {
            fleet: &self.fleet,
            file: &self.file,
            specs: &self.machines,
            bounds: self.bounds,
            machines: observed.own_machines(),
            engine_keeps_minimum: self.keeps_minimum(observed),
            leases: self.leases,
            namesakes: self.namesakes,
            now: observed.now,
        }
    }

    /// Whether the engine keeps to the minimum itself. The engine classad does not where nothing tells of slots.
    fn keeps_minimum(&self, observed: &Observed) -> bool {
        let needs = self.decider.name() == "classad";
        self.decider.keeps_minimum() && !(needs && matches!(observed.work.slots, Reading::Unread))
    }

    /// Returns the readings of a step: the engine's, and those that the end of machines and the sight of new ones need.
    pub(super) fn wants(&self, memory: &Memory, now: Timestamp) -> Wants {
        let mut wants = self.decider.wants(memory, now.as_second());
        let ends = |phase: WorkerPhase| matches!(phase, WorkerPhase::Draining | WorkerPhase::Terminating);
        let draining = self.fleet.workers.values().any(|worker| ends(worker.phase));
        if draining || !self.leases.ending(&self.fleet, AHEAD, now).is_empty() {
            wants.machines = true;
            (wants.pool, wants.slots) = (wants.pool || self.has_pool(), wants.slots || self.has_pool());
        }
        wants.machines |= !self.decider.keeps_minimum();
        // Engines that know of no drains are not shown what a person has drained; and who is taken out must be free.
        let looks = wants.machines && self.fleet.live() > 0 && (!self.decider.drains() || self.is_above_limits());
        wants.slots |= looks && self.has_pool();
        // Without drains, jobs are spared by hosts that are told to be busy; one answer tells of work and of hosts.
        wants.pool |= wants.machines && self.fleet.live() > 0 && !self.has_pool();
        wants
    }

    /// Drains and ends every worker of a fleet that is to end.
    async fn stop_step(&mut self, record: &mut PassRecord) -> Result<(), ScalerError> {
        let slots = self.has_pool();
        let observed = self.observe(Wants { machines: true, pool: true, slots, ..Wants::default() }).await?;
        take_readings(record, &observed);
        self.doubt_drains(&observed.view, observed.now).await?;
        // Instances that no line names are ended, too.
        let strays = self.fleet.strays(observed.own_machines());
        let strays: Vec<MachineId> = strays.map(|machine| machine.id.clone()).collect();
        let known = self.fleet.launching.is_empty() && observed.machines.fresh().is_some();
        if known && strays.is_empty() && self.fleet.present().next().is_none() {
            self.conclude(record).await?;
            return self.end_fleet(self.clock.now()).await;
        }
        let mut admitted = Admitted::default();
        if !strays.is_empty() {
            let termination = Termination { machines: strays, reason: Reason::Stopped };
            admitted.decisions.push((None, Decision::Terminate(termination)));
        }
        let plan = self.plan(admitted, &observed, &[]);
        let offset = enter(record, &plan);
        if plan.is_empty() {
            return self.conclude(record).await;
        }
        let memory = self.memory.clone();
        match self.act(plan, &memory, record, offset).await? {
            Some((_, events)) => self.conclude_with(record, events).await,
            None => Ok(()),
        }
    }

    /// Takes readings, and carries out what a person has begun.
    pub(super) async fn tend_step(&mut self, wants: Wants, record: &mut PassRecord) -> Result<(), ScalerError> {
        let observed = self.observe(wants).await?;
        take_readings(record, &observed);
        self.doubt_drains(&observed.view, observed.now).await?;
        let plan = self.plan(Admitted { is_by_hand: true, ..Admitted::default() }, &observed, &[]);
        let offset = enter(record, &plan);
        if plan.is_empty() {
            return self.conclude(record).await;
        }
        let memory = self.memory.clone();
        match self.act(plan, &memory, record, offset).await? {
            Some((_, events)) => self.conclude_with(record, events).await,
            None => Ok(()),
        }
    }

    /// Records that the fleet has ended.
    async fn end_fleet(&mut self, at: Timestamp) -> Result<(), ScalerError> {
        let kept = self.fleet.present().map(|worker| worker.id.clone()).collect();
        self.record(FleetBatch::events(at, vec![FleetEvent::Ended { kept }])).await
    }
}

/// Takes what was seen into a record, with the remarks of sources.
pub(super) fn take_readings(record: &mut PassRecord, observed: &Observed) {
    record.at = observed.now;
    let seen = observed.seen();
    // A later step reads less than an earlier one.
    let before = std::mem::take(&mut record.seen);
    record.seen = Seen {
        waiting: seen.waiting.or(before.waiting),
        unservable: seen.unservable.or(before.unservable),
        hidden: seen.hidden.or(before.hidden),
        held: seen.held.or(before.held),
        hosts: seen.hosts.or(before.hosts),
        busy: seen.busy.or(before.busy),
        slots: seen.slots.or(before.slots),
        machines: if seen.machines.is_empty() { before.machines } else { seen.machines },
        stale: before.stale.into_iter().chain(seen.stale).collect(),
        failed: before.failed.into_iter().chain(seen.failed).collect(),
        answers_from: before.answers_from.into_iter().chain(seen.answers_from).collect(),
    };
    for remark in &observed.work.remarks {
        let note = Note::Remark { text: remark.clone() };
        if !record.notes.contains(&note) {
            record.notes.push(note);
        }
    }
}

/// Enters a plan into a record; returns the position of its first decision there.
fn enter(record: &mut PassRecord, plan: &Plan) -> usize {
    let offset = record.decisions.len();
    record.notes.extend(plan.notes.iter().cloned());
    record.decisions.extend(plan.decisions.iter().cloned());
    offset
}

/// Adds what came of a step to what came of the earlier ones; its first decision has the position `offset`.
fn merge(all: &mut Outcome, mut step: Outcome, offset: usize) {
    step.launched.iter_mut().for_each(|launched| launched.decision += offset);
    step.refusals.iter_mut().for_each(|refusal| refusal.decision += offset);
    all.now = step.now;
    all.launched.append(&mut step.launched);
    all.refused = all.refused.saturating_add(step.refused);
    all.terminated.append(&mut step.terminated);
    all.ended.append(&mut step.ended);
    all.unterminated.append(&mut step.unterminated);
    all.refusals.append(&mut step.refusals);
    all.drained.append(&mut step.drained);
    all.resumed.append(&mut step.resumed);
}
