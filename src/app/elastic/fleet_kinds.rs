//! Kinds of machines of a fleet, as its cloud launches and prices them.

use std::collections::BTreeMap;
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};

use super::fleet_directory::fleet_directory;
use super::fleet_lines::FleetLines;
use super::fleet_user_data::read_user_data;
use crate::diagnostics::{Diagnostic, Place};
use crate::elastic::engine::Money;
use crate::elastic::fleet::{FleetFile, MachineKind};
use crate::plan::Market;
use crate::provider::{Cloud, InstanceSpec, LaunchRequest, Offer, TAG_EXPIRES, TAG_INTENT, TAG_OWNER, TAG_RUN};

/// A kind of machines.
pub(super) struct OpenKind {
    /// Its name.
    pub(super) name: String,
    /// What is launched; its user data still has its placeholders.
    pub(super) machine: InstanceSpec,
    /// Its price for an hour. None: unknown.
    pub(super) price: Option<Money>,
}

/// Reads the kinds of a fleet with their user data, or gives all of them the user data `given`, which was checked.
/// Problems are added to `problems`.
pub(super) fn kinds(
    fleet: &FleetFile,
    lines: &FleetLines<'_>,
    (given, is_local): (Option<&[u8]>, bool),
    problems: &mut Vec<Diagnostic>,
) -> Vec<OpenKind> {
    let directory = fleet_directory(lines.file);
    // Kinds may share a file, whose problems are told once.
    let mut known: BTreeMap<&str, Vec<u8>> = BTreeMap::new();
    let mut kinds = Vec::new();
    for (name, kind) in fleet.kinds() {
        let named = kind.user_data.as_deref().filter(|_| given.is_none());
        let read = named.map(|path| {
            let data = known.entry(path).or_insert_with(|| {
                let named = lines.place(&keys(name, "user_data"));
                let (data, found) = read_user_data(&directory.join(path), named, is_local);
                problems.extend(found);
                data
            });
            data.clone()
        });
        let user_data = given.map(<[u8]>::to_vec).or(read);
        kinds.push(OpenKind { name: name.to_owned(), machine: machine(kind, user_data), price: kind.price });
    }
    kinds
}

/// Returns the path of a key of a kind in the fleet file.
pub(super) fn keys<'a>(kind: &'a str, key: &'a str) -> Vec<&'a str> {
    match kind {
        FleetFile::UNNAMED_KIND => vec![kind, key],
        kind => vec!["machines", kind, key],
    }
}

fn machine(kind: &MachineKind, user_data: Option<Vec<u8>>) -> InstanceSpec {
    InstanceSpec {
        image: kind.image.clone(),
        offers: offers(kind),
        max_price: kind.max_price.map(|price| price.to_string()),
        key_name: kind.key_name.clone(),
        security_groups: kind.security_groups.clone(),
        instance_profile: kind.instance_profile.clone(),
        user_data,
        tags: kind.tags.clone(),
        ..InstanceSpec::default()
    }
}

/// Returns what launches of a kind try, in order: each type in each zone.
fn offers(kind: &MachineKind) -> Vec<Offer> {
    let several = |values: Vec<Option<String>>| if values.is_empty() { vec![None] } else { values };
    let types = several(kind.instance_type.iter().chain(&kind.other_types).cloned().map(Some).collect());
    let zones = several(kind.zones.iter().cloned().map(Some).collect());
    let spot = kind.market == Some(Market::Spot);
    let of_type = |instance_type: Option<String>| {
        let subnet = kind.subnet.clone();
        zones.clone().into_iter().map(move |zone| Offer {
            spot,
            instance_type: instance_type.clone(),
            zone,
            subnet: subnet.clone(),
        })
    };
    types.into_iter().flat_map(of_type).collect()
}

/// Returns the problems that the cloud finds in launches of these kinds, with their lines. Nothing is launched.
pub(super) async fn cloud_problems(
    cloud: &dyn Cloud,
    kinds: &[OpenKind],
    fleet: &FleetFile,
    lines: &FleetLines<'_>,
    owner: &str,
) -> Vec<Diagnostic> {
    let end = lease_end(fleet.lease.length + fleet.lease.grace);
    let request = |kind: &OpenKind| {
        let mut tags = kind.machine.tags.clone();
        // Stand-ins for those of a launch, of the same length.
        for (tag, value) in [(TAG_RUN, "fleet/preflight/000000000000"), (TAG_INTENT, "preflight"), (TAG_OWNER, owner)] {
            tags.insert(tag.to_owned(), value.to_owned());
        }
        tags.insert(TAG_EXPIRES.to_owned(), end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string());
        LaunchRequest {
            token: "preflight".to_owned(),
            slots: vec![kind.name.clone()],
            machine: kind.machine.clone(),
            offers: kind.machine.offers.clone(),
            tags,
            expires_at: Some(end),
            repeated: false,
        }
    };
    let requests: Vec<LaunchRequest> = kinds.iter().map(request).collect();
    match cloud.check(&requests).await {
        Ok(found) => found.into_iter().map(|error| located(error.into(), kinds, lines)).collect(),
        Err(error) => vec![Diagnostic::from(error).at(lines.place(&["cloud"]))],
    }
}

fn lease_end(length: Duration) -> Timestamp {
    let length = SignedDuration::try_from(length).unwrap_or(SignedDuration::MAX);
    // Whole seconds, as tags have them.
    let end = Timestamp::now().saturating_add(length).unwrap_or(Timestamp::MAX);
    Timestamp::from_second(end.as_second()).unwrap_or(end)
}

/// Gives a problem that a cloud has found the line of the key that it quotes, or of its kind. Clouds name the receivers
/// of machines "service", which are kinds here.
fn located(problem: Diagnostic, kinds: &[OpenKind], lines: &FleetLines<'_>) -> Diagnostic {
    let (whose, what) = match problem.message.split_once(": ") {
        Some((whose, what)) if whose.starts_with("service ") || whose.starts_with("services ") => (whose, what),
        _ => ("", problem.message.as_str()),
    };
    let names: Vec<&str> = whose.split([' ', ',']).skip(1).filter(|name| !name.is_empty()).collect();
    let kind = kinds.iter().find(|kind| names.is_empty() || names.contains(&kind.name.as_str()));
    let place = kind.map_or_else(|| Place::file(lines.file), |kind| place(kind, what, lines));
    let message = match whose.strip_prefix("service") {
        Some(whose) => format!("kind{whose}: {what}"),
        None => what.to_owned(),
    };
    Diagnostic { message, ..problem }.at(place)
}

/// Returns the line of the first key of a kind whose value the text quotes, or of the kind.
fn place(kind: &OpenKind, text: &str, lines: &FleetLines<'_>) -> Place {
    let machine = &kind.machine;
    let offer = machine.offers.first();
    let types = machine.offers.iter().skip(1).filter_map(|offer| offer.instance_type.as_deref());
    let mut values: Vec<(&str, &str)> = Vec::new();
    values.extend(machine.image.as_deref().map(|value| ("image", value)));
    values.extend(offer.and_then(|offer| offer.instance_type.as_deref()).map(|value| ("instance_type", value)));
    values.extend(offer.and_then(|offer| offer.subnet.as_deref()).map(|value| ("subnet", value)));
    values.extend(types.map(|value| ("other_types", value)));
    values.extend(machine.offers.iter().filter_map(|offer| offer.zone.as_deref()).map(|value| ("zones", value)));
    values.extend(machine.key_name.as_deref().map(|value| ("key_name", value)));
    values.extend(machine.instance_profile.as_deref().map(|value| ("instance_profile", value)));
    values.extend(machine.security_groups.iter().map(|value| ("security_groups", value.as_str())));
    values.extend(machine.tags.keys().map(|value| ("tags", value.as_str())));
    match values.iter().find(|(_, value)| text.contains(value)) {
        Some((key, _)) => lines.place(&keys(&kind.name, key)),
        None => lines.place(&keys(&kind.name, "")),
    }
}
