use std::collections::BTreeSet;

use jiff::Timestamp;

use crate::provider::Instance;
use crate::scaler::{Fleet, TAG_PARENT_SERVICE, fleet_of};

/// Services of a run whose machines end while others stay, with the fleets whose scalers run on them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ScalerServices {
    /// Their names.
    pub(crate) names: BTreeSet<String>,
    /// Whether the plan says of no other service that it runs a scaler. Then workers that do not name their service are
    /// theirs, too.
    pub(crate) has_every_scaler: bool,
    /// If only workers end that were launched before this time: those of an earlier machine of the service.
    pub(crate) launched_before: Option<Timestamp>,
}

impl ScalerServices {
    /// Whether the scaler of a fleet that is recorded here runs on such a machine.
    pub(super) fn has_fleet(&self, fleet: &Fleet) -> bool {
        fleet.parent_service.as_ref().is_some_and(|service| self.names.contains(service))
    }

    /// Whether a worker of the run is one of such a fleet. `recorded` are all fleets of the run that are recorded here.
    pub(super) fn has_worker(&self, worker: &Instance, recorded: &[Fleet]) -> bool {
        if self.launched_before.is_some_and(|time| worker.launched_at >= time) {
            return false;
        }
        let fleet = fleet_of(worker).and_then(|id| recorded.iter().find(|fleet| fleet.id == id));
        match (worker.tags.get(TAG_PARENT_SERVICE), fleet) {
            (Some(service), _) => self.names.contains(service),
            (None, Some(fleet)) => self.has_fleet(fleet),
            (None, None) => self.has_every_scaler,
        }
    }
}
