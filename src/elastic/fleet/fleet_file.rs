use std::collections::BTreeMap;

use jiff::Timestamp;

use super::bounds::Bounds;
use super::cloud::FleetCloud;
use super::engine::FleetEngine;
use super::lease::WorkerLease;
use super::limits::FleetLimits;
use super::machine::MachineKind;
use super::parent::FleetParent;
use super::queue::FleetQueue;
use super::schedule::Schedule;
use super::workers::Workers;

/// A fleet's settings: the content of `elastic.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FleetFile {
    /// Name of the fleet. None: the pool's, or that of the file.
    pub name: Option<String>,
    /// What the fleet belongs to, and ends before. None: nothing, or what the command that runs it says.
    pub parent: Option<FleetParent>,
    /// Number of workers, and times.
    pub workers: Workers,
    /// The source that knows of jobs. None: the engine asks none.
    pub queue: Option<FleetQueue>,
    /// Where workers are launched.
    pub cloud: FleetCloud,
    /// The kind of machines without a name of its own.
    pub machine: Option<MachineKind>,
    /// Kinds of machines by name.
    pub machines: BTreeMap<String, MachineKind>,
    /// The engine that decides.
    pub engine: FleetEngine,
    /// What bounds its decisions.
    pub limits: FleetLimits,
    /// How long workers stay without a scaler.
    pub lease: WorkerLease,
    /// Other limits at some times. Of several that hold, the last counts.
    pub schedules: Vec<Schedule>,
}

impl FleetFile {
    /// Name of the kind that `[machine]` describes.
    pub const UNNAMED_KIND: &str = "machine";

    /// Returns the limits of the number of workers at a time.
    pub fn bounds(&self, at: Timestamp) -> Bounds {
        let scheduled = self.schedules.iter().rev().find_map(|schedule| schedule.bounds(at, &self.workers));
        scheduled.unwrap_or(Bounds { min: self.workers.min, max: self.workers.max })
    }

    /// Returns all kinds of machines with their names, that of `[machine]` first.
    pub fn kinds(&self) -> impl Iterator<Item = (&str, &MachineKind)> {
        let unnamed = self.machine.iter().map(|kind| (Self::UNNAMED_KIND, kind));
        unnamed.chain(self.machines.iter().map(|(name, kind)| (name.as_str(), kind)))
    }

    /// Returns whether the file says where secrets are.
    pub fn names_secrets(&self) -> bool {
        self.queue.as_ref().is_some_and(|queue| queue.password.is_some())
    }
}
