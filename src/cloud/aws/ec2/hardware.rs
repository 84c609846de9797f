//! The disk, placement and reservation of instances.

use aws_sdk_ec2::types::{
    BlockDeviceMapping, CapacityReservationPreference, CapacityReservationSpecification, CapacityReservationTarget,
    EbsBlockDevice, LaunchTemplateBlockDeviceMappingRequest, LaunchTemplateCapacityReservationSpecificationRequest,
    LaunchTemplateEbsBlockDeviceRequest, LaunchTemplatePlacementRequest, Placement, Tenancy as Ec2Tenancy, VolumeType,
};

use crate::plan::{Disk, DiskKind, Tenancy};
use crate::provider::{InstanceSpec, Offer};

/// Default hop limit of the metadata service's answers: one, so that they never leave the instance, not even for a
/// container on it (EC2 User Guide, "Use the Instance Metadata Service").
const METADATA_HOPS: i32 = 1;

/// Hardware settings of a launch.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct Hardware {
    /// Name of the image's root device, and the disk for it.
    pub(super) disk: Option<(String, Disk)>,
    hops: Option<u8>,
    reservation: Option<CapacityReservation>,
    group: Option<String>,
    tenancy: Option<Tenancy>,
}

/// The capacity reservation of a launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum CapacityReservation {
    /// Any open reservation that fits.
    Open,
    /// No reservation, even if one would fit.
    None,
    /// The reservation with this id.
    Id(String),
    /// The reservations of the group with this ARN.
    Group(String),
}

impl CapacityReservation {
    /// Parses a plan's value; `None` if it is invalid.
    pub(super) fn of(text: &str) -> Option<Self> {
        match text {
            "open" => Some(Self::Open),
            "none" => Some(Self::None),
            id if id.starts_with("cr-") => Some(Self::Id(id.to_owned())),
            arn if arn.starts_with("arn:") => Some(Self::Group(arn.to_owned())),
            _ => None,
        }
    }

    fn preference(&self) -> Option<CapacityReservationPreference> {
        match self {
            Self::Open => Some(CapacityReservationPreference::Open),
            Self::None => Some(CapacityReservationPreference::None),
            Self::Id(_) | Self::Group(_) => None,
        }
    }

    fn target(&self) -> Option<CapacityReservationTarget> {
        let target = CapacityReservationTarget::builder();
        match self {
            Self::Id(id) => Some(target.capacity_reservation_id(id).build()),
            Self::Group(arn) => Some(target.capacity_reservation_resource_group_arn(arn).build()),
            Self::Open | Self::None => None,
        }
    }
}

/// Returns whether this is a placement group's id, not its name.
pub(super) fn is_group_id(group: &str) -> bool {
    group.strip_prefix("pg-").is_some_and(|id| !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_hexdigit()))
}

impl Hardware {
    /// Creates the settings of `machine`; `device` is the image's root device, needed if a disk is requested.
    pub(super) fn new(machine: &InstanceSpec, device: Option<String>) -> Self {
        Self {
            disk: device.zip(machine.disk.clone()),
            hops: machine.metadata_hop_limit,
            reservation: machine.capacity_reservation.as_deref().and_then(CapacityReservation::of),
            group: machine.placement_group.clone(),
            tenancy: machine.tenancy,
        }
    }

    pub(super) fn hops(&self) -> i32 {
        self.hops.map_or(METADATA_HOPS, i32::from)
    }

    pub(super) fn mappings(&self) -> Option<Vec<BlockDeviceMapping>> {
        let (device, disk) = self.disk.as_ref()?;
        let ebs = EbsBlockDevice::builder()
            .set_volume_size(size(disk))
            .set_volume_type(disk.kind.map(volume_type))
            .set_iops(disk.iops.and_then(|iops| i32::try_from(iops).ok()))
            .set_encrypted(disk.encrypted)
            // No disk outlives its instance.
            .delete_on_termination(true)
            .build();
        Some(vec![BlockDeviceMapping::builder().device_name(device).ebs(ebs).build()])
    }

    pub(super) fn mappings_in_template(&self) -> Option<Vec<LaunchTemplateBlockDeviceMappingRequest>> {
        let (device, disk) = self.disk.as_ref()?;
        let ebs = LaunchTemplateEbsBlockDeviceRequest::builder()
            .set_volume_size(size(disk))
            .set_volume_type(disk.kind.map(volume_type))
            .set_iops(disk.iops.and_then(|iops| i32::try_from(iops).ok()))
            .set_encrypted(disk.encrypted)
            .delete_on_termination(true)
            .build();
        Some(vec![LaunchTemplateBlockDeviceMappingRequest::builder().device_name(device).ebs(ebs).build()])
    }

    /// Returns the placement of an on-demand launch; `None` if nothing is set. A subnet implies its zone.
    pub(super) fn placement(&self, offer: &Offer) -> Option<Placement> {
        let zone = offer.zone.clone().filter(|_| offer.subnet.is_none());
        let (id, name) = self.group();
        if zone.is_none() && id.is_none() && name.is_none() && self.tenancy.is_none() {
            return None;
        }
        let placement = Placement::builder().set_availability_zone(zone).set_group_id(id).set_group_name(name);
        Some(placement.set_tenancy(self.tenancy.map(tenancy)).build())
    }

    /// Returns the placement for a launch template, which leaves the zone to the fleet.
    pub(super) fn placement_in_template(&self) -> Option<LaunchTemplatePlacementRequest> {
        let (id, name) = self.group();
        if id.is_none() && name.is_none() && self.tenancy.is_none() {
            return None;
        }
        let placement = LaunchTemplatePlacementRequest::builder().set_group_id(id).set_group_name(name);
        Some(placement.set_tenancy(self.tenancy.map(tenancy)).build())
    }

    pub(super) fn reservation(&self) -> Option<CapacityReservationSpecification> {
        let reservation = self.reservation.as_ref()?;
        let specification = CapacityReservationSpecification::builder();
        let specification = specification.set_capacity_reservation_preference(reservation.preference());
        Some(specification.set_capacity_reservation_target(reservation.target()).build())
    }

    pub(super) fn reservation_in_template(&self) -> Option<LaunchTemplateCapacityReservationSpecificationRequest> {
        let reservation = self.reservation.as_ref()?;
        let specification = LaunchTemplateCapacityReservationSpecificationRequest::builder();
        let specification = specification.set_capacity_reservation_preference(reservation.preference());
        Some(specification.set_capacity_reservation_target(reservation.target()).build())
    }

    /// Returns the placement group as id or as name.
    fn group(&self) -> (Option<String>, Option<String>) {
        match &self.group {
            Some(group) if is_group_id(group) => (Some(group.clone()), None),
            name => (None, name.clone()),
        }
    }
}

fn size(disk: &Disk) -> Option<i32> {
    disk.size.and_then(|size| i32::try_from(size).ok())
}

fn volume_type(kind: DiskKind) -> VolumeType {
    VolumeType::from(kind.as_str())
}

fn tenancy(tenancy: Tenancy) -> Ec2Tenancy {
    Ec2Tenancy::from(tenancy.as_str())
}
