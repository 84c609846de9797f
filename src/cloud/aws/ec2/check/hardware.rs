//! Checks that disks, placement and reservations of instances are consistent and exist.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::findings::{CheckFindings, did_you_mean, wanted};
use crate::cloud::aws::api::{ApiClass, AwsSession, Call, ErrorClass};
use crate::cloud::aws::ec2::hardware::{CapacityReservation, is_group_id};
use crate::cloud::aws::ec2::root_disk_lookup::RootDisks;
use crate::cloud::aws::ec2::ssm_alias::BY_PARAMETER;
use crate::plan::{Disk, DiskKind};
use crate::provider::{CloudError, LaunchRequest};

/// Checks disks, placement and reservations.
pub(super) struct HardwareChecks {
    pub(super) session: Arc<AwsSession>,
    pub(super) disks: Arc<RootDisks>,
}

impl HardwareChecks {
    /// Makes the checks that need no request.
    pub(super) fn check_on_paper(&self, request: &LaunchRequest, findings: &mut CheckFindings) {
        let machine = &request.machine;
        let compatible = self.session.is_compatible();
        if let Some(text) = &machine.capacity_reservation {
            if CapacityReservation::of(text).is_none() {
                let message = format!("capacity_reservation is {text:?}, which is no reservation");
                findings.add(request, message, "give an id (cr-…), the ARN of a group of them, \"open\" or \"none\"");
            }
            if compatible {
                findings.add(request, "this cloud keeps no capacity", "leave `capacity_reservation` out");
            }
        }
        if compatible && machine.metadata_hop_limit.is_some() {
            findings.add(request, "this cloud's metadata service has no hop limit", "leave `metadata_hop_limit` out");
        }
        if let Some(disk) = &machine.disk
            && let Some(problem) = too_fast(disk)
        {
            findings.add(request, problem, "give `disk` a larger size or fewer iops");
        }
    }

    /// Makes the checks that need requests.
    pub(super) async fn check(
        &self,
        requests: &[LaunchRequest],
        findings: &mut CheckFindings,
    ) -> Result<(), CloudError> {
        self.check_disks(requests, findings).await?;
        self.check_placement_groups(requests, findings).await?;
        self.check_reservations(requests, findings).await
    }

    /// Checks that a disk is at least as large as the image's own.
    async fn check_disks(&self, requests: &[LaunchRequest], findings: &mut CheckFindings) -> Result<(), CloudError> {
        for request in requests.iter().filter(|request| findings.is_clean(request)).collect::<Vec<_>>() {
            let size = request.machine.disk.as_ref().and_then(|disk| disk.size);
            let (Some(size), Some(image)) = (size, &request.machine.image) else { continue };
            // Only a launch resolves a parameter.
            if image.starts_with(BY_PARAMETER) {
                continue;
            }
            let needed = self.disks.of_image(image).await?.and_then(|root| root.size);
            if let Some(needed) = needed.filter(|needed| size < *needed) {
                let message = format!("its disk is to have {size} GiB, and the image {image} has {needed}");
                findings.add(request, message, format!("disk = {{ size = {needed} }}, or more"));
            }
        }
        Ok(())
    }

    async fn check_placement_groups(
        &self,
        requests: &[LaunchRequest],
        findings: &mut CheckFindings,
    ) -> Result<(), CloudError> {
        let wanted = wanted(requests, |request| request.machine.placement_group.as_deref().into_iter().collect());
        if wanted.is_empty() {
            return Ok(());
        }
        let client = self.session.ec2().await?;
        let request = client.describe_placement_groups();
        let call = Call::ec2("DescribePlacementGroups", ApiClass::DescribeAll);
        let answer = self.session.call(call, || request.clone().send()).await;
        let answer =
            answer.map_err(|problem| problem.explain(&self.session.scene(), "look up the placement groups"))?;
        let groups = answer.placement_groups.unwrap_or_default();
        let names: Vec<String> = groups.iter().filter_map(|group| group.group_name.clone()).collect();
        let ids: BTreeSet<String> = groups.into_iter().filter_map(|group| group.group_id).collect();
        let region = self.session.region().await?;
        for (group, services) in wanted {
            let is_there =
                if is_group_id(group) { ids.contains(group) } else { names.iter().any(|name| name == group) };
            if !is_there {
                let hint = did_you_mean(group, names.iter().map(String::as_str)).unwrap_or_else(|| {
                    "aws ec2 describe-placement-groups lists them, create-placement-group makes one".to_owned()
                });
                findings.add_for(&services, format!("there is no placement group {group} in {region}"), hint);
            }
        }
        Ok(())
    }

    async fn check_reservations(
        &self,
        requests: &[LaunchRequest],
        findings: &mut CheckFindings,
    ) -> Result<(), CloudError> {
        let is_id = |text: &&str| matches!(CapacityReservation::of(text), Some(CapacityReservation::Id(_)));
        let wanted = wanted(requests, |request| {
            request.machine.capacity_reservation.as_deref().into_iter().filter(is_id).collect()
        });
        let client = self.session.ec2().await?;
        for (id, services) in wanted {
            let request = client.describe_capacity_reservations().capacity_reservation_ids(id);
            let call = Call::ec2("DescribeCapacityReservations", ApiClass::Describe);
            let hint = || "aws ec2 describe-capacity-reservations lists them".to_owned();
            let found = match self.session.call(call, || request.clone().send()).await {
                Ok(answer) => answer.capacity_reservations.unwrap_or_default().into_iter().next(),
                Err(problem) if problem.class() == ErrorClass::UnknownOther => None,
                Err(problem) => {
                    return Err(problem.explain(&self.session.scene(), "look up the capacity reservation"));
                }
            };
            let region = self.session.region().await?;
            let Some(found) = found else {
                findings.add_for(&services, format!("there is no capacity reservation {id} in {region}"), hint());
                continue;
            };
            let state = found.state.map(|state| state.as_str().to_owned()).unwrap_or_default();
            if !matches!(state.as_str(), "active" | "pending" | "scheduled" | "") {
                findings.add_for(&services, format!("the capacity reservation {id} is {state}"), hint());
            }
        }
        Ok(())
    }
}

/// Returns the error if a disk's IOPS are too high for its size (Amazon EBS User Guide, "Amazon EBS volume types").
fn too_fast(disk: &Disk) -> Option<String> {
    let (size, kind, iops) = (disk.size?, disk.kind?, disk.iops?);
    let most = match kind {
        DiskKind::Gp3 => size.saturating_mul(500),
        DiskKind::Io1 => size.saturating_mul(50),
        DiskKind::Io2 => size.saturating_mul(1000),
        DiskKind::Gp2 | DiskKind::Standard => return None,
    };
    // gp3 has a base of 3,000 at any size.
    let most = if kind == DiskKind::Gp3 { most.max(3000) } else { most };
    (iops > most)
        .then(|| format!("a disk of type {} with {size} GiB does at most {most} iops, not {iops}", kind.as_str()))
}
