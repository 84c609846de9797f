//! Orphans among instances of runs and workers of fleets.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::fleet::{Fleet, FleetPhase};
use super::fleet_id::{FleetId, TAG_PARENT};
use super::worker::WorkerPhase;
use crate::engine::{self, Orphan, OrphanReason, Run, lease_end};
use crate::provider::{Instance, TAG_FLEET, TAG_INTENT, TAG_RUN};

/// Returns the fleet whose worker the instance is, by its tags.
pub fn fleet_of(instance: &Instance) -> Option<FleetId> {
    [TAG_FLEET, TAG_RUN].iter().find_map(|tag| FleetId::of_tag(instance.tags.get(*tag)?))
}

/// Returns the orphans among `instances`, which were requested before `runs` and `fleets` were read: instances launched
/// in between are not among them.
///
/// A worker is no orphan while its fleet, or the run that its fleet belongs to, is recorded here and has not ended, and
/// the fleet's journal has the worker or a launch that may have made it.
pub fn orphans(instances: &[Instance], runs: &[Run], fleets: &[Fleet], now: Timestamp) -> Vec<Orphan> {
    let by_tag: BTreeMap<String, &Fleet> = fleets.iter().map(|fleet| (fleet.id.tag(), fleet)).collect();
    let parents: BTreeMap<&str, &Run> = runs.iter().map(|run| (run.id.as_str(), run)).collect();
    let why = |instance: &Instance, id: &FleetId| {
        if let Some(end) = lease_end(instance).filter(|end| *end <= now) {
            return Some(OrphanReason::LeaseOver(end));
        }
        match by_tag.get(&id.tag()) {
            Some(fleet) => (!fleet.holds(instance)).then_some(OrphanReason::Unused),
            // The scaler of a fleet that belongs to a run may have a state file of its own, on a machine of the run.
            None => match instance.tags.get(TAG_PARENT).and_then(|run| parents.get(run.as_str())) {
                Some(run) => run.ended.then_some(OrphanReason::Unused),
                None => Some(OrphanReason::Unknown),
            },
        }
    };
    let mut machines = Vec::new();
    let mut found = Vec::new();
    for instance in instances {
        match fleet_of(instance) {
            None => machines.push(instance.clone()),
            Some(id) if !instance.state.is_gone() => {
                found.extend(why(instance, &id).map(|why| Orphan { instance: instance.clone(), why }));
            }
            Some(_) => {}
        }
    }
    found.extend(engine::orphans(&machines, runs, now));
    let positions: BTreeMap<&str, usize> = instances.iter().map(|it| it.id.as_str()).zip(0..).collect();
    found.sort_by_key(|orphan| positions.get(orphan.instance.id.as_str()).copied());
    found
}

impl Fleet {
    /// Whether the instance is a worker of this fleet that its scaler looks after, or may turn out to be one.
    pub fn holds(&self, instance: &Instance) -> bool {
        let mut present = self.workers.values().filter(|worker| worker.phase != WorkerPhase::Gone);
        let of_launch = |token: &String| self.launching.contains_key(token) || self.launched.contains_key(token);
        let is_worker = present.any(|worker| worker.id.as_str() == instance.id);
        self.phase != FleetPhase::Ended && (is_worker || instance.tags.get(TAG_INTENT).is_some_and(of_launch))
    }
}

#[cfg(test)]
mod tests;
