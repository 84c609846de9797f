use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use jiff::Timestamp;
use tokio::sync::watch;

use super::decider::Decider;
use super::engine_of::{bounds_of, engine_of};
use super::fleet::{Fleet, FleetPhase};
use super::fleet_batch::FleetBatch;
use super::fleet_event::FleetEvent;
use super::fleet_journal::FleetJournal;
use super::kind_spec::KindSpecs;
use super::last_pass::LastPass;
use super::lease::Leases;
use super::namesakes::Namesakes;
use super::overrides::Overrides;
use super::pool_fall::PoolFall;
use super::queue_waits::QueueWaits;
use super::scaler_error::{EngineError, ScalerError};
use super::scaler_memory::ScalerMemory;
use super::scaler_parts::ScalerParts;
use super::sightings::Sightings;
use super::unrecorded::Unrecorded;
use super::worker::{Worker, WorkerPhase};
use crate::batch::WorkSource;
use crate::elastic::engine::{MachineId, Memory, Seconds};
use crate::elastic::fleet::{Bounds, FleetFile};
use crate::provider::{Clock, Cloud, LaunchRequest};

/// Runs one fleet: [`Scaler::pass`] when it is due, and requests of other processes.
///
/// Whatever a pass does, its intent is in the journal before, and its result after. A scaler that is dropped or killed
/// anywhere leaves a journal from which the next one goes on.
pub struct Scaler {
    pub(super) fleet: Fleet,
    pub(super) memory: Memory,
    pub(super) file: FleetFile,
    pub(super) journal: Arc<dyn FleetJournal>,
    pub(super) cloud: Arc<dyn Cloud>,
    pub(super) source: Option<Arc<dyn WorkSource>>,
    pub(super) machines: KindSpecs,
    pub(super) clock: Clock,
    pub(super) owner: String,
    pub(super) state: Option<String>,
    pub(super) decider: Decider,
    pub(super) bounds: Bounds,
    pub(super) leases: Leases,
    pub(super) started: Timestamp,
    /// Number of the last pass.
    pub(super) passes: u64,
    pub(super) last_pass: Option<LastPass>,
    pub(super) last_renewal_failure: Option<Timestamp>,
    pub(super) sightings: Sightings,
    /// Watches the pool for a sudden fall, for engines that do not do so themselves.
    pub(super) pool_fall: PoolFall,
    /// Workers that have jobs, by the last answer of a source that drains none.
    pub(super) busy: BTreeSet<MachineId>,
    /// Launches of this process whose answer is not known: the same call is made again.
    pub(super) unanswered: BTreeMap<String, LaunchRequest>,
    /// Launches that an earlier process announced and that are not settled.
    pub(super) inherited: BTreeSet<String>,
    /// Whether the engine has not been told what came of an earlier process's last step.
    pub(super) unsettled: bool,
    /// How long jobs waited that have left the queue.
    pub(super) waits: QueueWaits,
    /// Instances with the fleet's name that the state file does not know.
    pub(super) namesakes: Namesakes,
    /// Tells why nothing can be recorded, until it can again. None: that is an error.
    pub(super) room: Option<watch::Sender<Option<Unrecorded>>>,
}

impl Scaler {
    /// Makes a scaler, and calls nothing.
    ///
    /// # Errors
    /// The settings make no engine, or a kind has no specification.
    pub(super) fn new(parts: ScalerParts) -> Result<Self, ScalerError> {
        let now = parts.clock.now();
        check_kinds(&parts.file, &parts.machines)?;
        let has_pool = parts.source.as_ref().is_some_and(|source| source.has_pool());
        let leases = Leases::new(&parts.file.lease, parts.cloud.capabilities().renews, !has_pool);
        let (bounds, decider) = make(&parts.file, &parts.machines, leases, &parts.fleet.overrides, now)?;
        let own: Vec<MachineId> = parts.fleet.present().map(|worker| worker.id.clone()).collect();
        let (memory, pool_fall) = parts.memory.map(|memory| (memory.engine, memory.pool_fall)).unzip();
        let memory = memory.filter(|memory| decider.owns(memory));
        Ok(Self {
            memory: memory.unwrap_or_else(|| decider.start(now.as_second(), &own)),
            busy: busy_draining(&parts.fleet),
            inherited: parts.fleet.launching.keys().cloned().collect(),
            fleet: parts.fleet,
            file: parts.file,
            journal: parts.journal,
            cloud: parts.cloud,
            source: parts.source,
            machines: parts.machines,
            clock: parts.clock,
            owner: parts.owner,
            state: parts.state,
            decider,
            bounds,
            leases,
            started: now,
            passes: parts.passes,
            last_pass: None,
            last_renewal_failure: None,
            sightings: Sightings::default(),
            pool_fall: pool_fall.unwrap_or_default(),
            unanswered: BTreeMap::new(),
            unsettled: true,
            waits: QueueWaits::default(),
            namesakes: Namesakes::default(),
            room: None,
        })
    }

    /// Returns the fleet, as its journal has it.
    pub fn fleet(&self) -> &Fleet {
        &self.fleet
    }

    /// Returns the fleet's file.
    pub fn file(&self) -> &FleetFile {
        &self.file
    }

    /// Returns the engine's memory.
    pub fn memory(&self) -> &Memory {
        &self.memory
    }

    /// Returns what is stored of this scaler's memory, with this memory of its engine.
    pub(super) fn remembered(&self, engine: &Memory) -> ScalerMemory {
        ScalerMemory { engine: engine.clone(), pool_fall: self.pool_fall.clone() }
    }

    /// Returns the limits of the number of workers that hold now.
    pub fn bounds(&self) -> Bounds {
        self.bounds
    }

    /// Returns how long jobs had waited that left the queue since the last call, as far as the queue tells groups of
    /// alike jobs: the length in seconds, and the number of jobs.
    pub fn take_queue_waits(&mut self) -> Vec<(Seconds, u64)> {
        self.waits.take()
    }

    /// Whether the fleet has ended: it was stopped, and every worker is gone or was to be kept.
    pub fn is_over(&self) -> bool {
        self.fleet.phase == FleetPhase::Ended
    }

    /// Commits a batch, and takes its lines in.
    pub(super) async fn record(&mut self, batch: FleetBatch) -> Result<(), ScalerError> {
        self.commit(&batch, None).await?;
        self.take_in(&batch);
        Ok(())
    }

    /// Commits lines alone; none commit nothing.
    pub(super) async fn record_events(&mut self, events: Vec<FleetEvent>) -> Result<(), ScalerError> {
        match events.is_empty() {
            true => Ok(()),
            false => self.record(FleetBatch::events(self.clock.now(), events)).await,
        }
    }

    /// Takes in the lines of a batch that is committed.
    pub(super) fn take_in(&mut self, batch: &FleetBatch) {
        batch.events.iter().for_each(|event| self.fleet.apply(batch.at, event));
    }

    /// Takes the settings that hold at `now`: by schedule and by hand.
    pub(super) fn adjust(&mut self, now: Timestamp) -> Result<(), ScalerError> {
        let bounds = bounds_of(self.file.bounds(now), &self.fleet.overrides)
            .unwrap_or_else(|_| lowest(self.file.bounds(now), &self.fleet.overrides));
        if bounds != self.bounds {
            (self.bounds, self.decider) = make(&self.file, &self.machines, self.leases, &self.fleet.overrides, now)?;
        }
        Ok(())
    }

    /// Makes the engine anew after settings were made by hand. Its memory stays if it is of the same engine.
    pub(super) fn renew_settings(&mut self) -> Result<(), ScalerError> {
        let now = self.clock.now();
        (self.bounds, self.decider) = make(&self.file, &self.machines, self.leases, &self.fleet.overrides, now)?;
        if !self.decider.owns(&self.memory) {
            let own: Vec<MachineId> = self.fleet.present().map(|worker| worker.id.clone()).collect();
            self.memory = self.decider.start(now.as_second(), &own);
        }
        Ok(())
    }

    /// Returns a copy with a memory of its own that decides by the settings of `now`.
    pub(super) fn detached(&self, now: Timestamp) -> Result<Self, ScalerError> {
        let (bounds, decider) = make(&self.file, &self.machines, self.leases, &self.fleet.overrides, now)?;
        Ok(Self {
            fleet: self.fleet.clone(),
            memory: self.memory.clone(),
            file: self.file.clone(),
            journal: self.journal.clone(),
            cloud: self.cloud.clone(),
            source: self.source.clone(),
            machines: self.machines.clone(),
            clock: self.clock,
            owner: self.owner.clone(),
            state: self.state.clone(),
            decider,
            bounds,
            leases: self.leases,
            started: self.started,
            passes: self.passes,
            last_pass: self.last_pass,
            last_renewal_failure: self.last_renewal_failure,
            sightings: self.sightings.clone(),
            pool_fall: self.pool_fall.clone(),
            busy: self.busy.clone(),
            unanswered: self.unanswered.clone(),
            inherited: self.inherited.clone(),
            unsettled: self.unsettled,
            waits: self.waits.clone(),
            namesakes: self.namesakes,
            room: None,
        })
    }

    /// Returns the directory of the fleet's file.
    pub(super) fn directory(&self) -> &Path {
        self.fleet.path.parent().unwrap_or(Path::new("/"))
    }
}

/// Returns the limits and the engine that hold at `now`.
pub(super) fn make(
    file: &FleetFile,
    machines: &KindSpecs,
    leases: Leases,
    overrides: &Overrides,
    now: Timestamp,
) -> Result<(Bounds, Decider), EngineError> {
    // What was set by hand may contradict a schedule that begins later; then the maximum holds.
    let bounds = bounds_of(file.bounds(now), overrides).unwrap_or_else(|_| lowest(file.bounds(now), overrides));
    Ok((bounds, engine_of(file, bounds, machines, leases.lifetime(), overrides)?))
}

fn lowest(file: Bounds, overrides: &Overrides) -> Bounds {
    let max = overrides.most(file.max);
    Bounds { min: overrides.count.or(overrides.min).unwrap_or(file.min).min(max), max }
}

/// Checks that each kind of the file has a specification.
pub(super) fn check_kinds(file: &FleetFile, machines: &KindSpecs) -> Result<(), EngineError> {
    match file.kinds().find(|(name, _)| !machines.contains_key(*name)) {
        Some((name, _)) => Err(EngineError::Kind(name.to_owned())),
        None => Ok(()),
    }
}

/// Returns the draining workers that may have jobs, by what earlier processes saw.
fn busy_draining(fleet: &Fleet) -> BTreeSet<MachineId> {
    let joined = |worker: &&Worker| worker.phase == WorkerPhase::Draining && worker.joined_at.is_some();
    fleet.workers.values().filter(joined).map(|worker| worker.id.clone()).collect()
}
