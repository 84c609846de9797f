//! Converts instances from Google's type to the engine's.

use std::collections::HashMap;

use google_cloud_compute_v1::model;
use google_cloud_compute_v1::model::instance::Status;
use google_cloud_compute_v1::model::scheduling::ProvisioningModel;
use jiff::Timestamp;

use super::labels;
use super::names::{instance_id, last, slot_of};
use crate::provider::{Instance, InstanceState, Offer};

/// Converts an instance; `None` if it has no name or zone.
pub(super) fn read(shown: model::Instance) -> Option<Instance> {
    let name = shown.name?;
    let zone = last(shown.zone.as_deref()?).to_owned();
    let metadata: HashMap<String, String> = shown
        .metadata
        .into_iter()
        .flat_map(|metadata| metadata.items)
        .filter_map(|item| Some((item.key?, item.value.unwrap_or_default())))
        .collect();
    let interface = shown.network_interfaces.into_iter().next();
    let private_address = interface.as_ref().and_then(|interface| interface.network_ip.clone());
    let outside = interface.into_iter().flat_map(|interface| interface.access_configs).find_map(|config| config.nat_ip);
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    let offer = Offer {
        spot: shown.scheduling.is_some_and(|scheduling| scheduling.provisioning_model == Some(ProvisioningModel::Spot)),
        instance_type: shown.machine_type.as_deref().map(|kind| last(kind).to_owned()),
        zone: Some(zone.clone()),
        subnet: None,
    };
    Some(Instance {
        id: instance_id(&name, &zone),
        state: state_of(shown.status.as_ref()),
        // In a network without public addresses, the private one is used for connections.
        address: some(outside).or_else(|| private_address.clone()),
        private_address,
        launch_index: slot_of(&name),
        tags: labels::tags(&metadata, &shown.labels),
        launched_at: shown.creation_timestamp.and_then(|time| time.parse().ok()).unwrap_or_else(Timestamp::now),
        reason: some(shown.status_message),
        offer: Some(offer),
    })
}

/// Returns when Google deletes or stops an instance, whatever it does.
pub(super) fn hard_end(shown: &model::Instance) -> Option<Timestamp> {
    let planned = shown.resource_status.as_ref().and_then(|status| status.scheduling.as_ref());
    let planned = planned.and_then(|scheduling| scheduling.termination_timestamp.as_deref()?.parse().ok());
    let asked = || shown.scheduling.as_ref()?.termination_time.as_deref()?.parse().ok();
    planned.or_else(asked)
}

/// Returns the state in EC2's terms. `TERMINATED` is stopped at Google: the instance and its disk exist, and the disk
/// costs money; one that is deleted is not shown any more.
fn state_of(status: Option<&Status>) -> InstanceState {
    match status {
        Some(Status::Running | Status::Repairing) => InstanceState::Running,
        Some(Status::Stopping | Status::PendingStop | Status::Suspending) => InstanceState::Stopping,
        Some(Status::Terminated | Status::Stopped | Status::Suspended) => InstanceState::Stopped,
        Some(Status::Deprovisioning) => InstanceState::ShuttingDown,
        // What comes before, and states that are new: the launch was accepted.
        _ => InstanceState::Pending,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_terminated_instance_is_stopped_since_its_disk_bills() {
        let shown = |status: &str| {
            model::Instance::new()
                .set_name("web-0123456789abcdef-3")
                .set_zone("https://www.googleapis.com/compute/v1/projects/p/zones/us-central1-a")
                .set_status(Status::from(status))
        };
        let read = |status: &str| super::read(shown(status)).unwrap();
        assert_eq!(read("TERMINATED").state, InstanceState::Stopped);
        assert_eq!(read("STAGING").state, InstanceState::Pending);
        assert_eq!(read("RUNNING").state, InstanceState::Running);
        assert_eq!(read("NEW_WORD").state, InstanceState::Pending);
        let seen = read("RUNNING");
        assert_eq!((seen.id.as_str(), seen.launch_index), ("web-0123456789abcdef-3.us-central1-a", 3));
    }
}
