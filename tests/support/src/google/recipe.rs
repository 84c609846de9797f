//! What an instance is to be made of, checked against what there is in its zone.

use serde_json::{Value, json};

use super::PROJECT;
use super::capacity::Pool;
use super::error::GoogleError;
use super::labels;
use super::place::{last, path, referred, region_of};
use super::scheduling;
use super::shelf::Key;
use super::world::World;

/// All that instances of one call in one zone have in common.
#[derive(Clone, Debug)]
pub(super) struct Recipe {
    pub zone: String,
    pub machine_type: String,
    pub cpus: u32,
    pub architecture: String,
    /// As the call has them, with the properties of a template.
    pub properties: Value,
    pub scheduling: Value,
    /// Each with the image that it is made of, if of one.
    pub disks: Vec<Disk>,
    /// Paths of network and subnetwork of each interface.
    pub networks: Vec<(String, String)>,
}

#[derive(Clone, Debug)]
pub(super) struct Disk {
    pub size: u64,
    /// `pd-standard`, `pd-balanced` …
    pub kind: String,
    pub image: Option<String>,
    pub name: Option<String>,
}

impl Recipe {
    /// `field` is what the properties are in the request: `resource`, or `resource.instanceProperties`.
    pub(super) fn new(
        world: &World,
        zone: &str,
        field: &str,
        machine_type: &str,
        properties: Value,
    ) -> Result<Self, GoogleError> {
        let scope = format!("zones/{zone}");
        let key = Key::new(PROJECT, "machineTypes", &scope, machine_type);
        let Some(found) = world.shelf.get(&key) else {
            let why = format!("Machine type with name '{machine_type}' does not exist in zone '{zone}'.");
            return Err(GoogleError::invalid(&format!("{field}.machineType"), &key.path(), &why));
        };
        let architecture = found["architecture"].as_str().unwrap_or_default().to_owned();
        let cpus = found["guestCpus"].as_u64().and_then(|cpus| u32::try_from(cpus).ok()).unwrap_or_default();
        labels::check(&format!("{field}.labels"), &properties["labels"])?;
        labels::check_metadata(&format!("{field}.metadata"), &properties["metadata"])?;
        let scheduling = scheduling::checked(world, field, &properties["scheduling"])?;
        let disks = disks(world, field, &architecture, &properties)?;
        let networks = networks(world, field, zone, &properties)?;
        let machine_type = machine_type.to_owned();
        Ok(Self { zone: zone.to_owned(), machine_type, cpus, architecture, properties, scheduling, disks, networks })
    }

    pub(super) fn pool(&self) -> Pool {
        let spot = self.scheduling["preemptible"] == true;
        Pool { machine_type: self.machine_type.clone(), zone: self.zone.clone(), spot }
    }

    /// How much of each quota one instance takes.
    pub(super) fn needs(&self) -> Vec<(&'static str, u32)> {
        let family = self.machine_type.split('-').next().unwrap_or_default();
        let cpus = match family {
            _ if self.pool().spot => "PREEMPTIBLE_CPUS",
            "n2" => "N2_CPUS",
            "c3" => "C3_CPUS",
            "t2a" => "T2A_CPUS",
            _ => "CPUS",
        };
        let interfaces = self.properties["networkInterfaces"].as_array();
        let has_address = |interface: &&Value| interface["accessConfigs"].as_array().is_some_and(|all| !all.is_empty());
        let addresses = interfaces.into_iter().flatten().filter(has_address).count();
        let mut needs = vec![(cpus, self.cpus), (super::quota::PROJECT_METRIC, self.cpus), ("INSTANCES", 1)];
        needs.push(("IN_USE_ADDRESSES", u32::try_from(addresses).unwrap_or(u32::MAX)));
        for disk in &self.disks {
            let metric = if disk.kind == "pd-standard" { "DISKS_TOTAL_GB" } else { "SSD_TOTAL_GB" };
            needs.push((metric, u32::try_from(disk.size).unwrap_or(u32::MAX)));
        }
        needs
    }
}

fn disks(world: &World, field: &str, architecture: &str, properties: &Value) -> Result<Vec<Disk>, GoogleError> {
    let given = properties["disks"].as_array().filter(|disks| !disks.is_empty());
    let Some(given) = given else {
        return Err(GoogleError::invalid(&format!("{field}.disks"), "", "At least one disk must be specified."));
    };
    let mut disks = Vec::new();
    for (number, disk) in given.iter().enumerate() {
        let field = format!("{field}.disks[{number}]");
        if (disk["boot"] == true) != (number == 0) {
            let why = "Boot disk must be the first disk attached to the instance.";
            return Err(GoogleError::invalid(&field, "", why));
        }
        if !disk["source"].is_null() {
            return Err(GoogleError::unknown_here(format!(
                "{field}.source: disks that are there are not attached here"
            )));
        }
        let new = &disk["initializeParams"];
        let named = |key: &str| new[key].as_str();
        let size = |value: &Value| value.as_str().and_then(|size| size.parse::<u64>().ok());
        let asked = size(&new["diskSizeGb"]).or_else(|| size(&disk["diskSizeGb"]));
        let (image, least) = match named("sourceImage") {
            Some(reference) => {
                let field = format!("{field}.initializeParams.sourceImage");
                let (path, image) = image(world, &field, reference)?;
                let of = image["architecture"].as_str().unwrap_or(architecture);
                if of != architecture && number == 0 {
                    let message = format!(
                        "Requested boot disk architecture ({of}) is not compatible with machine type architecture \
                         ({architecture})."
                    );
                    return Err(GoogleError::new(400, "invalid", message));
                }
                (Some(path), size(&image["diskSizeGb"]).unwrap_or_default())
            }
            None if number == 0 => {
                let why = "The boot disk must have a source image.";
                return Err(GoogleError::invalid(&format!("{field}.initializeParams"), "", why));
            }
            None => (None, 0),
        };
        if asked.is_some_and(|size| size < least) {
            let why = format!("Requested disk size cannot be smaller than the image size ({least} GB)");
            let asked = asked.unwrap_or_default().to_string();
            return Err(GoogleError::invalid(&format!("{field}.initializeParams.diskSizeGb"), &asked, &why));
        }
        let kind = last(named("diskType").unwrap_or("pd-standard")).to_owned();
        if named("diskType").is_some_and(|kind| !kind.contains('/')) && field.starts_with("resource.disks") {
            let field = format!("{field}.initializeParams.diskType");
            return Err(GoogleError::invalid(&field, &kind, "The URL is malformed."));
        }
        let size = asked.unwrap_or(if image.is_some() { least } else { 500 });
        disks.push(Disk { size, kind, image, name: named("diskName").map(str::to_owned) });
    }
    Ok(disks)
}

/// The path of an image that is named, or is the newest of the family that is.
fn image<'a>(world: &'a World, field: &str, reference: &str) -> Result<(String, &'a Value), GoogleError> {
    let path = referred(field, reference)?;
    let found = match path.split('/').collect::<Vec<_>>()[..] {
        ["projects", project, "global", "images", "family", family] => newest(world, project, family),
        _ => world.shelf.at(&path).map(|image| (path.clone(), image)),
    };
    let why = "The referenced image resource cannot be found.";
    found.ok_or_else(|| GoogleError::invalid(field, reference, why))
}

/// The newest image of a family that is not deprecated.
pub(super) fn newest<'a>(world: &'a World, project: &str, family: &str) -> Option<(String, &'a Value)> {
    let of = |row: &super::shelf::Row| row.value["family"] == family && row.value["deprecated"].is_null();
    let row = world.shelf.rows(project, "images").filter(of).max_by(|one, other| one.name.cmp(&other.name))?;
    let path = super::place::path_in(project, "global", "images", &row.name);
    let image = world.shelf.at(&path)?;
    Some((path, image))
}

fn networks(world: &World, field: &str, zone: &str, properties: &Value) -> Result<Vec<(String, String)>, GoogleError> {
    let given = properties["networkInterfaces"].as_array().filter(|given| !given.is_empty());
    let Some(given) = given else {
        let field = format!("{field}.networkInterfaces");
        return Err(GoogleError::invalid(&field, "", "At least one network interface is required."));
    };
    let region = format!("regions/{}", region_of(zone));
    let mut networks = Vec::new();
    for (number, interface) in given.iter().enumerate() {
        let field = format!("{field}.networkInterfaces[{number}]");
        let named = |key: &str, kind: &str| {
            let Some(reference) = interface[key].as_str() else { return Ok(None) };
            let field = format!("{field}.{key}");
            let path = referred(&field, reference)?;
            if world.shelf.at(&path).is_some() {
                return Ok(Some(path));
            }
            let why = format!("The referenced {kind} resource cannot be found.");
            Err(GoogleError::invalid(&field, reference, &why))
        };
        let (network, subnetwork) = (named("network", "network")?, named("subnetwork", "subnetwork")?);
        if subnetwork.as_ref().is_some_and(|path| !path.contains(&format!("/{region}/"))) {
            let why = format!("The subnetwork is not in the region of zone {zone}.");
            return Err(GoogleError::invalid(&format!("{field}.subnetwork"), &subnetwork.unwrap_or_default(), &why));
        }
        let network = network.unwrap_or_else(|| path("global", "networks", "default"));
        let subnetwork = subnetwork.unwrap_or_else(|| path(&region, "subnetworks", last(&network)));
        if world.shelf.at(&subnetwork).is_none() {
            let why = "A subnetwork must be specified for this network.";
            return Err(GoogleError::invalid(&format!("{field}.subnetwork"), "", why));
        }
        networks.push((network, subnetwork));
    }
    Ok(networks)
}

/// The properties of a template with those of a request over them.
pub(super) fn with_template(
    world: &World,
    field: &str,
    template: Option<&str>,
    given: &Value,
) -> Result<Value, GoogleError> {
    let Some(reference) = template else { return Ok(given.clone()) };
    let path = referred(field, reference)?;
    let found = world.shelf.at(&path).ok_or_else(|| GoogleError::not_found(&path))?;
    let mut properties = found["properties"].clone();
    for (name, value) in given.as_object().into_iter().flatten() {
        properties[name] = value.clone();
    }
    Ok(if properties.is_null() { json!({}) } else { properties })
}
