//! EC2's `RequestSpotLaunchSpecification` (EC2 API reference, RequestSpotInstances).

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::specification::{LaunchSpecification, Provider};
use crate::compat::json_node::JsonNode;

/// Keys that are converted.
pub(super) const KEYS: &[&str] = &[
    "ImageId",
    "InstanceType",
    "KeyName",
    "SecurityGroupIds",
    "SecurityGroups",
    "SubnetId",
    "Placement",
    "IamInstanceProfile",
    "UserData",
    "NetworkInterfaces",
];

/// Known keys without a counterpart in hoist's machines.
const IDLE: &[&str] = &["AddressingType", "BlockDeviceMappings", "EbsOptimized", "KernelId", "Monitoring", "RamdiskId"];

/// Keys of a network interface that hoist leaves to the subnet.
const IDLE_INTERFACE: &[&str] = &[
    "AssociateCarrierIpAddress",
    "AssociatePublicIpAddress",
    "DeleteOnTermination",
    "Description",
    "InterfaceType",
    "Ipv6AddressCount",
    "Ipv6Addresses",
    "NetworkInterfaceId",
    "PrivateIpAddress",
    "PrivateIpAddresses",
    "SecondaryPrivateIpAddressCount",
];

pub(super) fn read(root: &JsonNode<'_>) -> Option<LaunchSpecification> {
    root.keys(KEYS, IDLE);
    let text = |key: &str| root.get(key).and_then(|node| node.text());
    for key in ["ImageId", "InstanceType"] {
        if !root.has(key) {
            root.error(&format!("has no \"{key}\""), None);
        }
    }
    let mut read = LaunchSpecification {
        provider: Provider::Ec2,
        spot: true,
        key_name: text("KeyName"),
        zone: zone(root),
        subnet: root.get("SubnetId").and_then(|node| id(&node, "subnet-")),
        security_groups: root.get("SecurityGroupIds").map(|node| group_ids(&node)).unwrap_or_default(),
        instance_profile: root.get("IamInstanceProfile").and_then(|node| profile(&node)),
        user_data: root.get("UserData").and_then(|node| user_data(&node)),
        ..LaunchSpecification::default()
    };
    read.security_groups.extend(root.get("SecurityGroups").map(|node| group_names(&node)).unwrap_or_default());
    if let Some(interfaces) = root.get("NetworkInterfaces") {
        interface(root, &interfaces, &mut read);
    }
    let (image, instance_type) = (text("ImageId"), text("InstanceType"));
    read.image = image?;
    read.instance_type = instance_type?;
    Some(read)
}

fn zone(root: &JsonNode<'_>) -> Option<String> {
    let placement = root.get("Placement")?;
    placement.keys(&["AvailabilityZone"], &["GroupName", "Tenancy"]);
    placement.get("AvailabilityZone")?.text()
}

fn id(node: &JsonNode<'_>, prefix: &str) -> Option<String> {
    let id = node.text()?;
    if !id.starts_with(prefix) {
        node.error(&format!("is \"{id}\", which is no id; one begins with \"{prefix}\""), None);
    }
    Some(id)
}

fn group_ids(node: &JsonNode<'_>) -> Vec<String> {
    node.items().iter().filter_map(|node| id(node, "sg-")).collect()
}

/// Returns names from a list, or from `{"GroupName": …}` and `{"GroupId": …}` as in other calls of EC2.
fn group_names(node: &JsonNode<'_>) -> Vec<String> {
    let name = |node: &JsonNode<'_>| {
        let entry = node.get("GroupId").or_else(|| node.get("GroupName"));
        match entry {
            Some(entry) => {
                node.keys(&["GroupId", "GroupName"], &[]);
                entry.text()
            }
            None => node.text(),
        }
    };
    node.items().iter().filter_map(name).collect()
}

fn profile(node: &JsonNode<'_>) -> Option<String> {
    node.keys(&["Arn", "Name"], &[]);
    match (node.get("Arn"), node.get("Name")) {
        (Some(_), Some(_)) => {
            node.error("has both \"Arn\" and \"Name\"; EC2 takes one", None);
            None
        }
        (Some(arn), None) => {
            let text = arn.text()?;
            if !text.starts_with("arn:") {
                arn.error("is no ARN; a name stands in \"Name\"", None);
            }
            Some(text)
        }
        (None, Some(name)) => name.text(),
        (None, None) => {
            node.error("has neither \"Arn\" nor \"Name\"", None);
            None
        }
    }
}

fn user_data(node: &JsonNode<'_>) -> Option<Vec<u8>> {
    let text: String = node.long_text()?.split_whitespace().collect();
    let decoded = STANDARD.decode(&text).ok();
    if decoded.is_none() {
        node.error("is not in base64", Some("EC2's JSON carries user data in base64"));
    }
    decoded
}

/// Reads the first interface; EC2 wants its subnet and groups either there or outside, not both.
fn interface(root: &JsonNode<'_>, interfaces: &JsonNode<'_>, read: &mut LaunchSpecification) {
    for (index, node) in interfaces.items().iter().enumerate() {
        node.keys(&["DeviceIndex", "Groups", "SubnetId"], IDLE_INTERFACE);
        if index > 0 {
            node.warning("has no effect: hoist launches machines with one network interface");
            continue;
        }
        for (inner, outer) in [("SubnetId", "SubnetId"), ("Groups", "SecurityGroupIds"), ("Groups", "SecurityGroups")] {
            if node.has(inner) && root.has(outer) {
                node.error(&format!("has \"{inner}\" beside \"{outer}\"; EC2 takes one of them"), None);
            }
        }
        if let Some(subnet) = node.get("SubnetId") {
            read.subnet = id(&subnet, "subnet-");
        }
        if let Some(groups) = node.get("Groups") {
            read.security_groups = group_ids(&groups);
        }
    }
}
