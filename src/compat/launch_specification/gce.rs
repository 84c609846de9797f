//! GCE's instance body (Compute Engine API reference, `instances.insert`).

use super::specification::{LaunchSpecification, Provider};
use crate::compat::json_node::JsonNode;

/// Keys that are converted.
pub(super) const KEYS: &[&str] = &[
    "name",
    "zone",
    "machineType",
    "disks",
    "networkInterfaces",
    "scheduling",
    "serviceAccounts",
    "metadata",
    "labels",
    "tags",
];

/// Known keys without a counterpart in hoist's machines.
const IDLE: &[&str] = &[
    "advancedMachineFeatures",
    "canIpForward",
    "confidentialInstanceConfig",
    "deletionProtection",
    "description",
    "displayDevice",
    "guestAccelerators",
    "hostname",
    "kind",
    "minCpuPlatform",
    "networkPerformanceConfig",
    "params",
    "reservationAffinity",
    "resourcePolicies",
    "shieldedInstanceConfig",
];

/// Keys of a disk other than the image.
const IDLE_DISK: &[&str] =
    &["autoDelete", "deviceName", "diskEncryptionKey", "diskSizeGb", "interface", "kind", "mode", "type"];

pub(super) fn read(root: &JsonNode<'_>) -> Option<LaunchSpecification> {
    root.keys(KEYS, IDLE);
    for key in ["machineType", "disks"] {
        if !root.has(key) {
            root.error(&format!("has no \"{key}\""), None);
        }
    }
    let machine = root.get("machineType").and_then(|node| node.text());
    let instance_type = machine.as_deref().map(last_part);
    let from_type = machine.as_deref().and_then(zone_in).map(str::to_owned);
    let zone = root.get("zone").and_then(|node| node.text()).map(|zone| last_part(&zone));
    if let (Some(zone), Some(other)) = (&zone, &from_type)
        && zone != other
    {
        root.error(&format!("is for two zones: \"zone\" says {zone}, \"machineType\" {other}"), None);
    }
    let image = root.get("disks").and_then(|disks| image(&disks));
    let (name, spot, account) = (root.get("name").and_then(|node| name(&node)), spot(root), account(root));
    let read = LaunchSpecification {
        provider: Provider::Gce,
        name,
        spot,
        zone: zone.or(from_type),
        subnet: subnet(root),
        security_groups: network_tags(root),
        instance_profile: account,
        user_data: user_data(root),
        tags: root.get("labels").map(|labels| labels.entries()).unwrap_or_default().into_iter().collect(),
        image: image?,
        instance_type: instance_type?,
        ..LaunchSpecification::default()
    };
    Some(read)
}

/// Returns the last part of a URL or a path.
fn last_part(path: &str) -> String {
    path.rsplit('/').next().unwrap_or(path).to_owned()
}

/// Returns the zone in `zones/ZONE/machineTypes/TYPE`.
fn zone_in(path: &str) -> Option<&str> {
    path.split('/').skip_while(|part| *part != "zones").nth(1)
}

/// Reads a name as GCE accepts it: RFC 1035, at most 63 characters.
fn name(node: &JsonNode<'_>) -> Option<String> {
    let name = node.text()?;
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    let begins = name.starts_with(|c: char| c.is_ascii_lowercase());
    if !begins || name.ends_with('-') || name.len() > 63 || !name.chars().all(plain) {
        let hint = "one has at most 63 of a-z, 0-9 and -, begins with a letter and does not end with -";
        node.error(&format!("is \"{name}\", which GCE does not take for a name"), Some(hint));
    }
    Some(name)
}

/// Returns the image of the boot disk.
fn image(disks: &JsonNode<'_>) -> Option<String> {
    let mut found = None;
    for (index, disk) in disks.items().iter().enumerate() {
        disk.keys(&["boot", "initializeParams"], IDLE_DISK);
        let boots = disk.get("boot").map_or(index == 0, |boot| boot.yes().unwrap_or(true));
        if !boots || found.is_some() {
            disk.warning("has no effect: hoist launches machines with the disk that they start from");
            continue;
        }
        match disk.get("initializeParams") {
            Some(params) => {
                params.keys(&["sourceImage"], &["description", "diskName", "diskSizeGb", "diskType", "labels"]);
                match params.get("sourceImage") {
                    Some(image) => found = image.text(),
                    None => params.error("has no \"sourceImage\"", None),
                }
            }
            None => disk.error("has no \"initializeParams\"; hoist launches from an image", None),
        }
    }
    let image = found?;
    // `https://www.googleapis.com/compute/v1/projects/P/global/images/I` is `projects/P/global/images/I`.
    Some(
        image
            .find("projects/")
            .filter(|_| image.starts_with("https://"))
            .map_or(image.clone(), |at| image[at..].to_owned()),
    )
}

fn subnet(root: &JsonNode<'_>) -> Option<String> {
    let interfaces = root.get("networkInterfaces")?;
    let mut subnet = None;
    for (index, node) in interfaces.items().iter().enumerate() {
        node.keys(
            &["subnetwork"],
            &["accessConfigs", "aliasIpRanges", "name", "network", "networkIP", "nicType", "stackType"],
        );
        if index > 0 {
            node.warning("has no effect: hoist launches machines with one network interface");
        } else {
            subnet = node.get("subnetwork").and_then(|node| node.text());
        }
    }
    subnet
}

/// Returns whether the machine is preemptible; reports contradictions in its scheduling.
fn spot(root: &JsonNode<'_>) -> bool {
    let Some(scheduling) = root.get("scheduling") else { return false };
    let known = ["preemptible", "provisioningModel", "onHostMaintenance", "automaticRestart"];
    scheduling.keys(
        &known,
        &["instanceTerminationAction", "locationHint", "maxRunDuration", "minNodeCpus", "nodeAffinities"],
    );
    let preemptible = scheduling.get("preemptible").and_then(|node| node.yes());
    let model = scheduling.get("provisioningModel").and_then(|node| Some((node.text()?, node)));
    let by_model = model.as_ref().map(|(model, node)| {
        if !matches!(model.as_str(), "SPOT" | "STANDARD") {
            node.error(&format!("is \"{model}\"; hoist knows SPOT and STANDARD"), None);
        }
        model == "SPOT"
    });
    let spot = by_model.or(preemptible).unwrap_or(false);
    if by_model == Some(false) && preemptible == Some(true) {
        scheduling.error("is both preemptible and STANDARD", None);
    }
    if let Some(node) = scheduling.get("onHostMaintenance")
        && let Some(policy) = node.text()
    {
        if !matches!(policy.as_str(), "MIGRATE" | "TERMINATE") {
            node.error(&format!("is \"{policy}\"; GCE knows MIGRATE and TERMINATE"), None);
        } else if spot && policy != "TERMINATE" {
            node.error("must be TERMINATE for a machine that may be taken back", None);
        }
    }
    if let Some(node) = scheduling.get("automaticRestart")
        && node.yes() == Some(true)
        && spot
    {
        node.error("must be false for a machine that may be taken back", None);
    }
    spot
}

fn account(root: &JsonNode<'_>) -> Option<String> {
    let mut account = None;
    for (index, node) in root.get("serviceAccounts")?.items().iter().enumerate() {
        node.keys(&["email"], &["scopes"]);
        if index > 0 {
            node.error("is a second one; GCE gives a machine one service account", None);
        } else {
            account = node.get("email").and_then(|email| email.text());
        }
    }
    account
}

fn network_tags(root: &JsonNode<'_>) -> Vec<String> {
    let Some(tags) = root.get("tags") else { return Vec::new() };
    tags.keys(&["items"], &["fingerprint"]);
    tags.get("items").map(|items| items.texts()).unwrap_or_default()
}

/// Returns `user-data`, which cloud-init runs, or `startup-script`, which Google's agent runs.
fn user_data(root: &JsonNode<'_>) -> Option<Vec<u8>> {
    let metadata = root.get("metadata")?;
    metadata.keys(&["items"], &["fingerprint", "kind"]);
    let mut found: Option<String> = None;
    for item in metadata.get("items")?.items() {
        item.keys(&["key", "value"], &[]);
        let Some(key) = item.get("key").and_then(|key| key.text()) else { continue };
        let value = item.get("value");
        match (key.as_str(), value) {
            ("user-data" | "startup-script", Some(_)) if found.is_some() => {
                item.error("is a second one of user-data and startup-script; hoist passes one", None);
            }
            ("user-data" | "startup-script", Some(value)) => found = value.long_text(),
            (_, None) => item.error("has no \"value\"", None),
            _ => item.warning(&format!("has no effect: hoist passes no metadata \"{key}\"")),
        }
    }
    found.map(String::into_bytes)
}
