//! What every project finds: regions, zones, machine types, images and a network.

use serde_json::{Value, json};

use super::PROJECT;
use super::place::{link, path_in};
use super::shelf::{Key, Shelf};

/// Regions, and the letters of their zones.
pub(super) const REGIONS: [(&str, &str); 3] =
    [("us-central1", "abcf"), ("europe-west1", "bcd"), ("europe-west4", "abc")];

/// Name, processors, MiB of memory, architecture.
const MACHINE_TYPES: [(&str, u32, u32, &str); 12] = [
    ("e2-micro", 2, 1024, "X86_64"),
    ("e2-small", 2, 2048, "X86_64"),
    ("e2-medium", 2, 4096, "X86_64"),
    ("e2-standard-2", 2, 8192, "X86_64"),
    ("e2-standard-4", 4, 16384, "X86_64"),
    ("n1-standard-1", 1, 3840, "X86_64"),
    ("n1-standard-4", 4, 15360, "X86_64"),
    ("n2-standard-2", 2, 8192, "X86_64"),
    ("n2-standard-4", 4, 16384, "X86_64"),
    ("n2-highmem-4", 4, 32768, "X86_64"),
    ("c3-standard-4", 4, 16384, "X86_64"),
    ("t2a-standard-1", 1, 4096, "ARM64"),
];

/// Zones without machines of ARM.
const WITHOUT_ARM: [&str; 4] = ["us-central1-c", "europe-west1-b", "europe-west1-c", "europe-west1-d"];

/// Project, family, name, architecture, whether a later one of the family has taken its place.
const IMAGES: [(&str, &str, &str, &str, bool); 5] = [
    ("debian-cloud", "debian-13", "debian-13-trixie-v20261014", "X86_64", true),
    ("debian-cloud", "debian-13", "debian-13-trixie-v20261111", "X86_64", false),
    ("debian-cloud", "debian-13-arm64", "debian-13-trixie-arm64-v20261111", "ARM64", false),
    ("ubuntu-os-cloud", "ubuntu-2404-lts-amd64", "ubuntu-2404-noble-amd64-v20261106", "X86_64", false),
    ("ubuntu-os-cloud", "ubuntu-2404-lts-arm64", "ubuntu-2404-noble-arm64-v20261106", "ARM64", false),
];

/// When all of this was made.
const LONG_AGO: &str = "2026-11-11T09:12:31.517-08:00";

/// Fills a shelf, with ids of its own.
pub(super) fn fill(shelf: &mut Shelf) {
    let mut id = 1000_u64;
    let mut put = |project: &str, collection: &str, kind: &str, scope: &str, name: &str, fields: Value| {
        id += 1;
        let mut value = json!({
            "kind": format!("compute#{kind}"),
            "id": id.to_string(),
            "creationTimestamp": LONG_AGO,
            "name": name,
            "selfLink": link(&path_in(project, scope, collection, name)),
        });
        if let (Some(value), Value::Object(fields)) = (value.as_object_mut(), fields) {
            value.extend(fields);
        }
        shelf.put(Key::new(project, collection, scope, name), value);
    };
    for (number, (region, letters)) in REGIONS.into_iter().enumerate() {
        let zones: Vec<String> = letters.chars().map(|letter| format!("{region}-{letter}")).collect();
        let region_link = link(&format!("projects/{PROJECT}/regions/{region}"));
        let links: Vec<_> = zones.iter().map(|zone| link(&format!("projects/{PROJECT}/zones/{zone}"))).collect();
        put(
            PROJECT,
            "regions",
            "region",
            "global",
            region,
            json!({"description": region, "status": "UP", "zones": links}),
        );
        let network = link(&format!("projects/{PROJECT}/global/networks/default"));
        let range = format!("10.{}.0.0/20", 128 + number * 4);
        let subnetwork = json!({"network": network, "region": region_link, "ipCidrRange": range, "purpose": "PRIVATE",
            "gatewayAddress": range.replace("0.0/20", "0.1"), "privateIpGoogleAccess": false,
            "stackType": "IPV4_ONLY"});
        put(PROJECT, "subnetworks", "subnetwork", &format!("regions/{region}"), "default", subnetwork);
        for zone in &zones {
            let fields = json!({"description": zone, "status": "UP", "region": region_link,
                "availableCpuPlatforms": ["Intel Cascade Lake", "Intel Sapphire Rapids"], "supportsPzs": false});
            put(PROJECT, "zones", "zone", "global", zone, fields);
            for (name, cpus, memory, architecture) in MACHINE_TYPES {
                if architecture == "ARM64" && WITHOUT_ARM.contains(&zone.as_str()) {
                    continue;
                }
                let fields = json!({"description": format!("{cpus} vCPUs, {memory} MiB RAM"), "guestCpus": cpus,
                    "memoryMb": memory, "imageSpaceGb": 0, "maximumPersistentDisks": 128,
                    "maximumPersistentDisksSizeGb": "263168", "zone": zone, "architecture": architecture,
                    "isSharedCpu": matches!(name, "e2-micro" | "e2-small" | "e2-medium")});
                put(PROJECT, "machineTypes", "machineType", &format!("zones/{zone}"), name, fields);
            }
        }
    }
    let subnetworks: Vec<_> =
        REGIONS.map(|(region, _)| link(&format!("projects/{PROJECT}/regions/{region}/subnetworks/default"))).to_vec();
    let network = json!({"description": "Default network for the project", "autoCreateSubnetworks": true,
        "subnetworks": subnetworks, "routingConfig": {"routingMode": "REGIONAL"}});
    put(PROJECT, "networks", "network", "global", "default", network);
    for (project, family, name, architecture, replaced) in IMAGES {
        let mut fields = json!({"family": family, "architecture": architecture, "status": "READY", "diskSizeGb": "10",
            "archiveSizeBytes": "1200000000", "sourceType": "RAW", "description": name,
            "rawDisk": {"source": "", "containerType": "TAR"}});
        if replaced {
            fields["deprecated"] = json!({"state": "DEPRECATED"});
        }
        put(project, "images", "image", "global", name, fields);
    }
}
