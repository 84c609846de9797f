//! What a launch asks for, in Google's terms. The same request gives the same body, or its request id could not be
//! used again.

use google_cloud_compute_v1::model::access_config::Type;
use google_cloud_compute_v1::model::metadata::Items;
use google_cloud_compute_v1::model::scheduling::{InstanceTerminationAction, ProvisioningModel};
use google_cloud_compute_v1::model::{
    AccessConfig, AttachedDisk, AttachedDiskInitializeParams, BulkInsertInstanceResource,
    BulkInsertInstanceResourcePerInstanceProperties, Duration, InstanceProperties, Metadata, NetworkInterface,
    Scheduling, ServiceAccount, Tags,
};

use super::labels;
use super::settings::{GceSettings, region_of};
use crate::plan::Lease;
use crate::provider::{LaunchRequest, Offer};

/// Returns the body of a bulk that makes instances of these names in `zone`, with these further metadata.
pub(super) fn body(
    settings: &GceSettings,
    request: &LaunchRequest,
    offer: &Offer,
    zone: &str,
    names: &[String],
    further: &[(String, String)],
) -> BulkInsertInstanceResource {
    let machine = &request.machine;
    let named = |name: &String| (name.clone(), BulkInsertInstanceResourcePerInstanceProperties::new());
    let items = labels::metadata(&request.tags).into_iter().chain(further.iter().cloned());
    let items = items.map(|(key, value)| Items::new().set_key(key).set_value(value));
    let labels = labels::labels(&request.tags);
    let disk = AttachedDiskInitializeParams::new()
        .set_source_image(image_path(machine.image.as_deref().unwrap_or_default()))
        .set_disk_type(&settings.disk_type)
        .set_description(labels::disk_description(&request.tags))
        .set_labels(labels.clone())
        .set_or_clear_disk_size_gb(machine.disk.as_ref().and_then(|disk| disk.size).map(i64::from));
    let properties = InstanceProperties::new()
        .set_or_clear_machine_type(offer.instance_type.clone())
        .set_disks([AttachedDisk::new().set_boot(true).set_auto_delete(true).set_initialize_params(disk)])
        .set_network_interfaces([network(settings, offer, zone)])
        .set_metadata(Metadata::new().set_items(items))
        .set_labels(labels)
        .set_scheduling(scheduling(request, offer.spot));
    let properties = match machine.security_groups.as_slice() {
        [] => properties,
        groups => properties.set_tags(Tags::new().set_items(groups.to_vec())),
    };
    let properties = match &machine.instance_profile {
        None => properties,
        Some(email) => properties
            .set_service_accounts([ServiceAccount::new().set_email(email).set_scopes(settings.scopes.clone())]),
    };
    BulkInsertInstanceResource::new()
        .set_count(i64::try_from(names.len()).unwrap_or(i64::MAX))
        // What there is is taken; the rest is asked for elsewhere.
        .set_min_count(1)
        .set_per_instance_properties(names.iter().map(named))
        .set_instance_properties(properties)
}

/// Returns the path of an image: `PROJECT/FAMILY` and a bare name are short for one. A family is not looked up, so that
/// a repeated call is the same when a new image came out.
pub(super) fn image_path(image: &str) -> String {
    match image.split('/').collect::<Vec<_>>()[..] {
        [name] => format!("global/images/{name}"),
        [project, family] => format!("projects/{project}/global/images/family/{family}"),
        _ => image.to_owned(),
    }
}

fn network(settings: &GceSettings, offer: &Offer, zone: &str) -> NetworkInterface {
    let path = |name: &str, scope: &str| match name.contains('/') {
        true => name.to_owned(),
        false => format!("{scope}/{name}"),
    };
    let network = path(settings.network.as_deref().unwrap_or("default"), "global/networks");
    let interface = NetworkInterface::new()
        .set_access_configs([AccessConfig::new().set_name("External NAT").set_type(Type::OneToOneNat)]);
    match &offer.subnet {
        Some(subnet) => interface.set_subnetwork(path(subnet, &format!("regions/{}/subnetworks", region_of(zone)))),
        None => interface.set_network(network),
    }
}

/// How long an instance may run whose lease is renewed: Google deletes it then, even if nobody renews the lease and
/// nothing on the instance ends it. It cannot be changed while the instance runs.
const LONGEST_RENEWED: std::time::Duration = std::time::Duration::from_hours(7 * 24);

/// Google deletes the instance at the end of its lease, whether hoist lives or not.
fn scheduling(request: &LaunchRequest, spot: bool) -> Scheduling {
    let mut scheduling = Scheduling::new();
    if spot {
        scheduling = scheduling.set_provisioning_model(ProvisioningModel::Spot);
    }
    let scheduling = match (request.machine.lease, request.expires_at) {
        _ if request.has_renewed_lease() => {
            scheduling.set_max_run_duration(Duration::new().set_seconds(LONGEST_RENEWED.as_secs().cast_signed()))
        }
        (Some(Lease::For(length)), _) => {
            let seconds = i64::try_from(length.as_secs()).unwrap_or(i64::MAX);
            scheduling.set_max_run_duration(Duration::new().set_seconds(seconds))
        }
        (_, Some(end)) => scheduling.set_termination_time(end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string()),
        (_, None) => scheduling,
    };
    if spot || request.expires_at.is_some() || request.machine.lease.is_some() {
        return scheduling.set_instance_termination_action(InstanceTerminationAction::Delete);
    }
    scheduling
}

#[test]
fn short_names_of_images_are_families_or_the_project_s_own() {
    assert_eq!(image_path("debian-cloud/debian-13"), "projects/debian-cloud/global/images/family/debian-13");
    assert_eq!(image_path("mine"), "global/images/mine");
    assert_eq!(image_path("projects/p/global/images/i"), "projects/p/global/images/i");
}
