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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::provider::{InstanceState, TAG_FLEET};
    use crate::scaler::FleetId;

    fn worker(fleet: &FleetId, service: Option<&str>) -> Instance {
        let tags = [(TAG_FLEET, Some(fleet.tag())), (TAG_PARENT_SERVICE, service.map(str::to_owned))];
        Instance {
            id: "i-1".to_owned(),
            state: InstanceState::Running,
            address: None,
            private_address: None,
            launch_index: 0,
            tags: tags.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect(),
            launched_at: "2026-12-01T10:00:00Z".parse().unwrap(),
            offer: None,
            reason: None,
        }
    }

    #[test]
    fn a_worker_belongs_to_its_service_and_else_to_the_only_scaler() {
        let id = |nonce: &str| FleetId { name: "far".parse().unwrap(), nonce: nonce.to_owned() };
        let (here, elsewhere) = (id("0123456789ab"), id("ba9876543210"));
        let by_hand = Fleet::new(here.clone(), Timestamp::UNIX_EPOCH);
        let of_a = Fleet { parent_service: Some("a".to_owned()), ..by_hand.clone() };
        let ends = |has_every_scaler, worker: &Instance, recorded: &Fleet| {
            let names = BTreeSet::from(["a".to_owned()]);
            let some = ScalerServices { names, has_every_scaler, launched_before: None };
            some.has_worker(worker, std::slice::from_ref(recorded))
        };
        for has_every_scaler in [false, true] {
            assert!(ends(has_every_scaler, &worker(&elsewhere, Some("a")), &by_hand));
            assert!(!ends(has_every_scaler, &worker(&elsewhere, Some("b")), &by_hand));
            assert_eq!(ends(has_every_scaler, &worker(&elsewhere, None), &by_hand), has_every_scaler);
            assert!(!ends(has_every_scaler, &worker(&here, None), &by_hand), "its scaler is run by hand, here");
            assert!(ends(has_every_scaler, &worker(&here, None), &of_a));
        }
        let older = |time: &str| {
            let launched_before = Some(time.parse().unwrap());
            let names = BTreeSet::from(["a".to_owned()]);
            let some = ScalerServices { names, has_every_scaler: true, launched_before };
            some.has_worker(&worker(&elsewhere, Some("a")), &[])
        };
        assert!(older("2026-12-01T10:00:01Z"));
        assert!(!older("2026-12-01T10:00:00Z"));
    }
}
