//! Readings of the cloud and of the source of work, put together.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use super::fleet_event::FleetEvent;
use super::fleet_scaler::Scaler;
use super::machine_view::{adoptions, came_up, machines};
use super::pass_record::Seen;
use super::pool_view::PoolView;
use super::scaler_error::ScalerError;
use super::worker::Worker;
use crate::batch::WorkReading;
use crate::elastic::engine::{
    DrainOwner, Draining, Machine, MachineId, MachineState, Observation, PoolMachine, Reading, Seconds, Wants,
};
use crate::provider::{Instance, Selector};

/// Time before the end of a fixed life from which a worker takes no more work.
pub(super) const AHEAD: SignedDuration = SignedDuration::from_mins(10);

/// The readings of a step.
pub(super) struct Observed {
    pub(super) began: Timestamp,
    pub(super) now: Timestamp,
    pub(super) work: WorkReading,
    /// What the cloud shows, as far as it was asked and answered.
    pub(super) instances: Reading<Vec<Instance>>,
    pub(super) machines: Reading<Vec<Machine>>,
    pub(super) view: PoolView,
    /// Whether the hosts are the source's, and not those of [`Scaler::untold_hosts`].
    tells_hosts: bool,
}

impl Observed {
    /// Returns what an engine is given.
    pub(super) fn observation(&self) -> Observation<'_> {
        Observation {
            now: self.now.as_second(),
            began: self.began.as_second(),
            demand: self.work.demand.clone(),
            machines: borrow(&self.machines),
            pool: borrow(&self.work.pool),
            groups: borrow(&self.work.groups),
            slots: borrow(&self.work.slots),
        }
    }

    /// Returns the machines, if they were read.
    pub(super) fn own_machines(&self) -> &[Machine] {
        self.machines.fresh().map_or(&[], Vec::as_slice)
    }

    /// Returns the numbers that are kept of it.
    pub(super) fn seen(&self) -> Seen {
        let count = |number: usize| u64::try_from(number).unwrap_or(u64::MAX);
        let (demand, work) = (self.work.demand.fresh(), &self.work);
        let (pool, slots) = (work.pool.fresh().filter(|_| self.tells_hosts), work.slots.fresh());
        let groups = work.groups.fresh().map(|groups| groups.iter().map(|group| group.count).sum());
        let of_slots = |fits: fn(&&PoolMachine) -> bool| slots.map(|slots| count(slots.iter().filter(fits).count()));
        let mut seen = Seen {
            waiting: demand.map(|demand| demand.waiting).or(groups),
            unservable: demand.map(|demand| demand.unservable),
            hidden: work.groups.fresh().map(|groups| groups.iter().map(|group| group.hidden).sum()),
            held: work.held,
            hosts: pool.map(|hosts| count(hosts.len())).or(of_slots(|_| true)),
            busy: pool
                .map(|hosts| count(hosts.iter().filter(|host| host.busy > 0).count()))
                .or(of_slots(|machine| machine.claims() > 0)),
            slots: slots.map(|machines| count(machines.iter().map(|machine| machine.slots.len()).sum())),
            ..Seen::default()
        };
        for machine in self.own_machines().iter().filter(|machine| machine.state != MachineState::Gone) {
            *seen.machines.entry(word(machine.state).to_owned()).or_default() += 1;
        }
        let (stale, failed) = (&mut seen.stale, &mut seen.failed);
        note("demand", &work.demand, stale, failed);
        note("pool", &work.pool, stale, failed);
        note("groups", &work.groups, stale, failed);
        note("slots", &work.slots, stale, failed);
        note("machines", &self.machines, stale, failed);
        seen.answers_from = work.answers_from.iter().map(|(source, at)| ((*source).to_owned(), *at)).collect();
        seen
    }
}

fn word(state: MachineState) -> &'static str {
    match state {
        MachineState::Requesting => "requesting",
        MachineState::Pending => "pending",
        MachineState::Running => "running",
        MachineState::Error => "error",
        MachineState::Draining => "draining",
        MachineState::Terminating => "terminating",
        MachineState::Gone => "gone",
    }
}

fn borrow<T: Clone>(reading: &Reading<Vec<T>>) -> Reading<Cow<'_, [T]>> {
    match reading {
        Reading::Fresh { value } => Reading::Fresh { value: Cow::Borrowed(value) },
        Reading::Stale { value, age } => Reading::Stale { value: Cow::Borrowed(value), age: *age },
        Reading::Failed { reason } => Reading::Failed { reason: reason.clone() },
        Reading::Unread => Reading::Unread,
    }
}

fn note<T>(
    source: &str,
    reading: &Reading<T>,
    stale: &mut BTreeMap<String, Seconds>,
    failed: &mut BTreeMap<String, String>,
) {
    match reading {
        Reading::Stale { age, .. } => drop(stale.insert(source.to_owned(), *age)),
        Reading::Failed { reason } => drop(failed.insert(source.to_owned(), reason.clone())),
        Reading::Fresh { .. } | Reading::Unread => {}
    }
}

impl Scaler {
    /// Takes readings, and the facts that follow from them as lines of the journal, which are returned: machines that
    /// are gone, that joined, or whose launch's answer was lost.
    pub(super) async fn look(&mut self, wants: Wants) -> (Observed, Vec<FleetEvent>) {
        let began = self.clock.now();
        let work = async {
            let wants_work = wants.demand || wants.pool || wants.groups || wants.slots;
            match &self.source {
                Some(source) if wants_work => source.read(wants, began.as_second()).await,
                _ => WorkReading::default(),
            }
        };
        let cloud = async {
            if !wants.machines {
                return Reading::Unread;
            }
            match self.cloud.describe(&Selector::Run(self.fleet.id.tag())).await {
                Ok(value) => Reading::Fresh { value },
                Err(error) => Reading::Failed { reason: error.to_string() },
            }
        };
        let (mut work, instances) = tokio::join!(work, cloud);
        let now = self.clock.now();
        let view = self.view_of(began, &mut work);
        let mut events = Vec::new();
        if let Some(instances) = instances.fresh() {
            events.extend(adoptions(&self.fleet, instances));
            self.sightings.see_cloud(&self.fleet, instances, now);
            let window = SignedDuration::try_from(self.cloud.capabilities().consistency_window).unwrap_or_default();
            let gone = self.sightings.gone(&self.fleet, window, now);
            if !gone.is_empty() {
                events.push(FleetEvent::Gone { machines: gone });
            }
        }
        self.sightings.see_pool(&self.fleet, view.machines(), now);
        let starts = |id: &&MachineId| self.fleet.workers.get(*id).is_some_and(|worker| worker.joined_at.is_none());
        let joined: Vec<MachineId> = view.machines().filter(starts).cloned().collect();
        if !joined.is_empty() {
            events.push(FleetEvent::Joined { machines: joined });
        }
        if let (Some(instances), true) = (instances.fresh(), self.judges_by_cloud(wants, &work)) {
            events.extend(came_up(&self.fleet, instances));
        }
        let hosts = self.untold_hosts(wants, &work);
        let tells_hosts = hosts.is_none();
        work.remarks.extend(self.untold_remark(wants, &work).map(str::to_owned));
        if let Some(value) = hosts {
            work.pool = Reading::Fresh { value };
        }
        self.hide_requested_drains(&mut work, now);
        // The machines follow when the lines are recorded.
        (Observed { began, now, work, instances, machines: Reading::Unread, view, tells_hosts }, events)
    }

    /// Joins the cloud's instances with the journal, once the lines of [`Scaler::look`] are taken in.
    pub(super) fn join(&self, observed: &mut Observed) {
        let grace = (!self.leases.renews()).then(|| Seconds::try_from(self.leases.grace_seconds()).unwrap_or(0));
        observed.machines = match &observed.instances {
            Reading::Fresh { value } => Reading::Fresh { value: machines(&self.fleet, value, &self.sightings, grace) },
            Reading::Failed { reason } => Reading::Failed { reason: reason.clone() },
            _ => Reading::Unread,
        };
        if let (Reading::Fresh { value }, false) = (&mut observed.machines, self.decider.drains()) {
            // Engines that know of no drains neither count nor end what a person has drained.
            for machine in value {
                let by = self.fleet.workers.get(&machine.id).and_then(|worker| worker.drained_by);
                machine.own = by != Some(DrainOwner::Person) && !observed.view.is_persons(&machine.id);
            }
        }
    }

    /// Takes readings and what follows from them into this scaler alone.
    pub(super) async fn see(&mut self, wants: Wants) -> Observed {
        let (mut observed, events) = self.look(wants).await;
        events.iter().for_each(|event| self.fleet.apply(observed.now, event));
        self.join(&mut observed);
        observed
    }

    /// Takes readings and records what follows from them.
    pub(super) async fn observe(&mut self, wants: Wants) -> Result<Observed, ScalerError> {
        let (mut observed, events) = self.look(wants).await;
        if let Some(groups) = observed.work.groups.fresh() {
            self.waits.see(groups, observed.now.as_second());
        }
        let gone = events.iter().find_map(|event| match event {
            FleetEvent::Gone { machines } => Some(machines.clone()),
            _ => None,
        });
        self.record_events(events).await?;
        if let Some(gone) = gone {
            self.forget(&gone, &mut observed.work.remarks).await;
        }
        self.join(&mut observed);
        Ok(observed)
    }

    /// Tells the pool that machines are gone.
    async fn forget(&self, gone: &[MachineId], remarks: &mut Vec<String>) {
        let joined = |id: &&MachineId| self.fleet.workers.get(*id).is_some_and(|worker| worker.joined_at.is_some());
        let joined: Vec<MachineId> = gone.iter().filter(joined).cloned().collect();
        if let Some(source) = self.source.as_ref().filter(|source| source.has_pool() && !joined.is_empty())
            && let Err(error) = source.forget(&joined).await
        {
            remarks.push(error.to_string());
        }
    }

    /// Whether a worker counts as up as soon as the cloud shows it running: the engine or the source knows no pool.
    fn judges_by_cloud(&self, wants: Wants, work: &WorkReading) -> bool {
        let asked = (wants.pool || wants.slots) && !self.has_pool();
        !self.decider.knows_pool() || asked && work.tells_no_machines()
    }

    /// Takes in a reading that was begun at `began`: completes it by what is remembered, and remembers what it tells.
    pub(super) fn view_of(&mut self, began: Timestamp, reading: &mut WorkReading) -> PoolView {
        self.recall(reading);
        let view = PoolView::new(began, reading);
        self.hold_busy(&view);
        view
    }

    /// Tells what a pool does not remember and the journal does: a drain that it has is the scaler's, and a worker
    /// joined when it was first seen, whichever process saw it.
    fn recall(&self, work: &mut WorkReading) {
        if self.source.as_ref().is_none_or(|source| source.remembers_workers()) {
            return;
        }
        let joined = |id: &MachineId| self.fleet.workers.get(id)?.joined_at.map(Timestamp::as_second);
        if let Reading::Fresh { value } = &mut work.pool {
            for host in value {
                host.joined_at = joined(&host.id).map_or(host.joined_at, |at| at.min(host.joined_at));
            }
        }
        if let Reading::Fresh { value } = &mut work.slots {
            for machine in value {
                machine.joined_at = joined(&machine.id).map_or(machine.joined_at, |at| at.min(machine.joined_at));
                let ours = self.fleet.workers.get(&machine.id).is_some_and(Worker::has_drain_of_scaler);
                if let Some(drain) = &mut machine.draining {
                    drain.by = if ours { DrainOwner::Scaler } else { DrainOwner::Person };
                }
            }
        }
    }

    /// Shows the engine drains that a person asked for, and those of workers whose fixed life ends, as a person's: it
    /// is not to cancel them.
    fn hide_requested_drains(&self, work: &mut WorkReading, now: Timestamp) {
        let Reading::Fresh { value } = &mut work.slots else { return };
        let ending = self.leases.ending(&self.fleet, AHEAD, now);
        for machine in value {
            let Some(worker) = self.fleet.workers.get(&machine.id) else { continue };
            let persons = worker.drained_by == Some(DrainOwner::Person);
            if persons || ending.iter().any(|(id, _)| *id == machine.id) {
                let shown = machine.draining.take();
                let (request, reason) = shown.map_or((None, None), |drain| (drain.request, drain.reason));
                machine.draining = Some(Draining { by: DrainOwner::Person, request, reason });
            }
        }
    }
}
