//! The filters of DescribeInstances and DescribeSpotInstanceRequests, answered on what the client sees: moto knows few
//! of them, and no time.

use super::error::AwsError;
use super::xml::Element;
use crate::effect::glob;

/// Filters of which all must match.
#[derive(Debug)]
pub(super) struct Filters(Vec<(Field, Vec<String>)>);

#[derive(Debug)]
enum Field {
    At(&'static str),
    Reservation(&'static str),
    Tag(String),
    TagKey,
    Group(&'static str),
}

impl Filters {
    pub(super) fn new(filters: Vec<(String, Vec<String>)>) -> Result<Self, AwsError> {
        let parsed = |(name, values): (String, Vec<String>)| match field(&name) {
            Some(field) => Ok((field, values)),
            None => Err(AwsError::new("InvalidParameterValue", format!("The filter '{name}' is invalid"))),
        };
        filters.into_iter().map(parsed).collect::<Result<_, _>>().map(Self)
    }

    pub(super) fn match_all(&self, reservation: &Element, instance: &Element) -> bool {
        self.0.iter().all(|(field, values)| {
            let found: Vec<String> = match field {
                Field::At(path) => vec![instance.get(path).to_owned()],
                Field::Reservation(path) => vec![reservation.get(path).to_owned()],
                Field::Tag(key) => instance.tags().remove(key).into_iter().collect(),
                Field::TagKey => instance.tags().into_keys().collect(),
                Field::Group(path) => {
                    instance.items("groupSet").iter().map(|group| group.get(path).to_owned()).collect()
                }
            };
            found.iter().any(|found| values.iter().any(|value| glob(value, found)))
        })
    }
}

fn field(name: &str) -> Option<Field> {
    let path = match name {
        "architecture" => "architecture",
        "availability-zone" => "placement/availabilityZone",
        "client-token" => "clientToken",
        "dns-name" => "dnsName",
        "image-id" => "imageId",
        "instance-id" => "instanceId",
        "instance-lifecycle" => "instanceLifecycle",
        "instance-state-code" => "instanceState/code",
        "instance-state-name" => "instanceState/name",
        "instance-type" => "instanceType",
        "ip-address" => "ipAddress",
        "key-name" => "keyName",
        "launch-index" => "amiLaunchIndex",
        "private-dns-name" => "privateDnsName",
        "private-ip-address" => "privateIpAddress",
        // Of requests for spot instances.
        "state" => "state",
        "spot-instance-request-id" => "spotInstanceRequestId",
        "subnet-id" => "subnetId",
        "vpc-id" => "vpcId",
        "owner-id" => return Some(Field::Reservation("ownerId")),
        "reservation-id" => return Some(Field::Reservation("reservationId")),
        "tag-key" => return Some(Field::TagKey),
        "instance.group-id" | "group-id" => return Some(Field::Group("groupId")),
        "instance.group-name" | "group-name" => return Some(Field::Group("groupName")),
        _ => return name.strip_prefix("tag:").map(|key| Field::Tag(key.to_owned())),
    };
    Some(Field::At(path))
}
