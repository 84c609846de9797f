//! What a bulk asks for: how many, under which names, of which machine types, and where.

use serde_json::Value;

use super::PROJECT;
use super::ask::Ask;
use super::error::GoogleError;
use super::place::last;
use super::recipe::with_template;
use super::world::World;

/// The most instances of one call.
const MOST: usize = 5000;

pub(super) struct Order {
    pub names: Vec<String>,
    /// Without so many, none is made.
    pub least: usize,
    pub properties: Value,
    /// In the order of their ranks, those of a rank together.
    pub machine_types: Vec<Vec<String>>,
    /// Allowed ones, and how many of the instances each may take.
    pub zones: Vec<(String, Option<usize>)>,
    pub shape: Shape,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Shape {
    Any,
    SingleZone,
    Balanced,
}

impl Order {
    pub(super) fn new(world: &World, ask: &Ask) -> Result<Self, GoogleError> {
        let body = &ask.body;
        let template = body["sourceInstanceTemplate"].as_str();
        let properties =
            with_template(world, "resource.sourceInstanceTemplate", template, &body["instanceProperties"])?;
        let names = names(world, ask)?;
        let least = number(&body["minCount"]).unwrap_or(names.len());
        if least > names.len() {
            let why = "The minimum count must not be greater than the count.";
            return Err(GoogleError::invalid("resource.minCount", &least.to_string(), why));
        }
        let regional = ask.path.contains_key("region");
        let policy = &body["locationPolicy"];
        if !regional && !policy.is_null() {
            let why = "A location policy is for regional calls alone.";
            return Err(GoogleError::invalid("resource.locationPolicy", "", why));
        }
        let zones = if regional { zones(world, ask, policy)? } else { vec![(ask.named("zone").to_owned(), None)] };
        let shape = match policy["targetShape"].as_str() {
            Some("ANY") => Shape::Any,
            Some("BALANCED") => Shape::Balanced,
            _ => Shape::SingleZone,
        };
        let machine_types = machine_types(body, &properties, regional)?;
        Ok(Self { names, least, properties, machine_types, zones, shape })
    }
}

fn number(value: &Value) -> Option<usize> {
    value.as_str().and_then(|number| number.parse().ok())
}

fn names(world: &World, ask: &Ask) -> Result<Vec<String>, GoogleError> {
    let body = &ask.body;
    let given: Vec<String> =
        body["perInstanceProperties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect();
    let count = number(&body["count"]).or(Some(given.len()).filter(|&count| count > 0));
    let Some(count) = count.filter(|count| (1..=MOST).contains(count)) else {
        let count = body["count"].as_str().unwrap_or_default();
        return Err(GoogleError::invalid("resource.count", count, &format!("It must be from 1 to {MOST}.")));
    };
    let pattern = body["namePattern"].as_str();
    if given.is_empty() == pattern.is_none() {
        let why = "Either a name pattern or per instance properties must be set.";
        return Err(GoogleError::invalid("resource.namePattern", pattern.unwrap_or_default(), why));
    }
    if given.is_empty() {
        return numbered(world, ask, pattern.unwrap_or_default(), count);
    }
    if given.len() != count {
        let why = format!("There are per instance properties of {} instances, and {count} are asked for.", given.len());
        return Err(GoogleError::invalid("resource.perInstanceProperties", "", &why));
    }
    let right = |name: &&String| super::schema::whole("[a-z](?:[-a-z0-9]{0,61}[a-z0-9])?", name) == Ok(true);
    match given.iter().find(|name| !right(name)) {
        Some(name) => {
            Err(GoogleError::invalid("resource.perInstanceProperties", name, "It is no name of an instance."))
        }
        None => Ok(given),
    }
}

/// The names after a pattern, which go on after the greatest number that is there.
fn numbered(world: &World, ask: &Ask, pattern: &str, count: usize) -> Result<Vec<String>, GoogleError> {
    let (first, last) = (pattern.find('#'), pattern.rfind('#'));
    let (Some(first), Some(last)) = (first, last) else {
        return Err(GoogleError::invalid("resource.namePattern", pattern, "There is no placeholder."));
    };
    let width = last + 1 - first;
    if width > 18 || pattern[first..=last].chars().any(|c| c != '#') {
        let why = "There must be one continuous sequence of at most 18 placeholders.";
        return Err(GoogleError::invalid("resource.namePattern", pattern, why));
    }
    let (before, after) = (&pattern[..first], &pattern[last + 1..]);
    let here = |zone: &str| zone == ask.named("zone") || super::place::region_of(zone) == ask.named("region");
    let number = |name: &str| {
        let digits = name.strip_prefix(before)?.strip_suffix(after)?;
        (digits.len() == width).then(|| digits.parse::<usize>().ok()).flatten()
    };
    let there = world.instances.keys().filter(|place| here(&place.zone)).filter_map(|place| number(&place.name)).max();
    let next = there.unwrap_or_default() + 1;
    Ok((next..next + count).map(|number| format!("{before}{number:0width$}{after}")).collect())
}

fn zones(world: &World, ask: &Ask, policy: &Value) -> Result<Vec<(String, Option<usize>)>, GoogleError> {
    const FIELD: &str = "resource.locationPolicy";
    let prefix = format!("{}-", ask.named("region"));
    let all: Vec<String> =
        world.shelf.rows(PROJECT, "zones").map(|row| row.name).filter(|name| name.starts_with(&prefix)).collect();
    let listed = policy["zones"].as_array();
    let locations = policy["locations"].as_object();
    if listed.is_some() && locations.is_some() {
        return Err(GoogleError::invalid(FIELD, "", "Only one of locations and zones may be set."));
    }
    let named = |reference: &str| {
        let name = last(reference).to_owned();
        let right = reference.contains("zones/") && all.contains(&name);
        let why = "It is no zone of the region, written as zones/ZONE.";
        if right { Ok(name) } else { Err(GoogleError::invalid(FIELD, reference, why)) }
    };
    if let Some(listed) = listed {
        let zone = |zone: &Value| Ok((named(zone["zone"].as_str().unwrap_or_default())?, None));
        return listed.iter().map(zone).collect();
    }
    let mut zones: Vec<(String, Option<usize>)> = all.iter().map(|zone| (zone.clone(), None)).collect();
    for (reference, location) in locations.into_iter().flatten() {
        let name = named(reference)?;
        if location["preference"] == "DENY" {
            zones.retain(|(zone, _)| *zone != name);
        }
        let most = location["constraints"]["maxCount"].as_u64().and_then(|most| usize::try_from(most).ok());
        zones.iter_mut().filter(|(zone, _)| *zone == name).for_each(|(_, bound)| *bound = most);
    }
    // Nothing is made where nobody answers.
    zones.retain(|(zone, _)| !world.faults.unreachable.contains(zone));
    if zones.is_empty() {
        return Err(GoogleError::invalid(FIELD, "", "No zone is left."));
    }
    Ok(zones)
}

fn machine_types(body: &Value, properties: &Value, regional: bool) -> Result<Vec<Vec<String>>, GoogleError> {
    const SELECTIONS: &str = "resource.instanceFlexibilityPolicy.instanceSelections";
    let checked = |field: &str, name: &str| {
        let why = "It must be the name of a machine type, not a URL.";
        if name.contains('/') { Err(GoogleError::invalid(field, name, why)) } else { Ok(name.to_owned()) }
    };
    let selections = body["instanceFlexibilityPolicy"]["instanceSelections"].as_object();
    let Some(selections) = selections.filter(|selections| !selections.is_empty()) else {
        const FIELD: &str = "resource.instanceProperties.machineType";
        let name = properties["machineType"].as_str();
        let name = name.ok_or_else(|| GoogleError::invalid(FIELD, "", "A machine type is required."))?;
        return Ok(vec![vec![checked(FIELD, name)?]]);
    };
    if !regional {
        return Err(GoogleError::invalid(SELECTIONS, "", "It is for regional calls alone."));
    }
    let mut ranked: Vec<(i64, Vec<String>)> = Vec::new();
    for selection in selections.values() {
        if !selection["disks"].is_null() || !selection["minCpuPlatform"].is_null() {
            return Err(GoogleError::unknown_here(format!("{SELECTIONS}: only machineTypes and rank are known here")));
        }
        let rank = selection["rank"].as_str().and_then(|rank| rank.parse().ok()).unwrap_or_default();
        let names = selection["machineTypes"].as_array().into_iter().flatten().filter_map(Value::as_str);
        let names = names.map(|name| checked(SELECTIONS, name)).collect::<Result<Vec<_>, _>>()?;
        match ranked.iter_mut().find(|(other, _)| *other == rank) {
            Some((_, others)) => others.extend(names),
            None => ranked.push((rank, names)),
        }
    }
    if ranked.iter().all(|(_, names)| names.is_empty()) {
        return Err(GoogleError::invalid(SELECTIONS, "", "A machine type is required."));
    }
    ranked.sort_by_key(|(rank, _)| *rank);
    Ok(ranked.into_iter().map(|(_, names)| names).collect())
}
