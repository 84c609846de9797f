//! What plans may ask for that Compute Engine does not have.

use crate::plan::Disk;
use crate::provider::{CloudError, CloudErrorKind, LaunchRequest};

/// Returns what a launch asks for in vain.
pub(super) fn faults(request: &LaunchRequest) -> Vec<CloudError> {
    let machine = &request.machine;
    let Disk { kind, iops, encrypted, .. } = machine.disk.clone().unwrap_or_default();
    let is_asked = [
        (machine.key_name.is_some(), "key_name", "hoist gives machines the public half of `ssh.key`, for `ssh.user`"),
        (machine.max_price.is_some(), "max_price", "Google's spot machines have one price, which takes no limit"),
        (kind.is_some(), "disk.type", "`disk_type` in the plan's cloud names one of Google's"),
        (iops.is_some(), "disk.iops", "`disk_type` in the plan's cloud names a faster disk"),
        (encrypted == Some(false), "disk.encrypted", "all disks are encrypted at Google"),
        (machine.metadata_hop_limit.is_some(), "metadata_hop_limit", "Google's metadata server has none"),
        (machine.capacity_reservation.is_some(), "capacity_reservation", "Google uses matching reservations by itself"),
        (machine.placement_group.is_some(), "placement_group", "hoist knows those of EC2 alone"),
        (machine.tenancy.is_some(), "tenancy", "hoist knows that of EC2 alone"),
    ];
    let error = |(_, key, why): (bool, &str, &str)| {
        let services = request.slots.join(", ");
        let message = format!("{services}: `{key}` means nothing on Compute Engine");
        CloudError::new(CloudErrorKind::Rejected, message).hint(format!("leave it out: {why}"))
    };
    is_asked.into_iter().filter(|(asked, ..)| *asked).map(error).collect()
}

#[test]
fn what_google_does_not_have_is_refused_by_its_key() {
    use crate::provider::InstanceSpec;
    let disk = Disk { iops: Some(3000), encrypted: Some(true), ..Disk::default() };
    let machine = InstanceSpec { key_name: Some("k".to_owned()), disk: Some(disk), ..InstanceSpec::default() };
    let request = LaunchRequest { slots: vec!["web".to_owned()], machine, ..LaunchRequest::default() };
    let found: Vec<String> = faults(&request).into_iter().map(|error| error.message).collect();
    assert_eq!(
        found,
        ["web: `key_name` means nothing on Compute Engine", "web: `disk.iops` means nothing on Compute Engine"]
    );
    assert!(faults(&LaunchRequest::default()).is_empty());
}
