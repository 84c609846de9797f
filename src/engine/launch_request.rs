//! From a plan's launch specification to the launch call.

use std::collections::BTreeMap;

use jiff::Timestamp;
use sha2::{Digest, Sha256};

use super::failure::{Failure, Stage};
use super::run::Run;
use crate::plan::{Attributes, LaunchSpec, MAX_TEXT, Market, Text, read_file};
use crate::provider::{InstanceSpec, LaunchRequest, Offer, TAG_EXPIRES, TAG_INTENT, TAG_OWNER, TAG_RUN, TAG_STATE};

/// Returns the specification of the instance for the service at `position`, with every reference expanded.
pub(super) fn machine_of(run: &Run, position: usize) -> Result<InstanceSpec, Failure> {
    let service = run.service(position);
    let Some(launch) = &service.launch else { return Ok(InstanceSpec::default()) };
    let attributes = Attributes::new(run.index(), run);
    let expand = |text: &Text| {
        attributes.expand(&service.name, text).map_err(|error| Failure::new(Stage::Launch, error.to_string()))
    };
    let optional = |text: &Option<Text>| text.as_ref().map(expand).transpose();
    let user_data = launch.user_data.as_ref().map(|file| {
        read_file(&file.path, MAX_TEXT).map_err(|error| {
            let reason = format!("cannot read the user data {}: {error}", file.path.display());
            Failure::new(Stage::Launch, reason)
        })
    });
    Ok(InstanceSpec {
        image: optional(&launch.image)?,
        offers: offers(launch, expand)?,
        max_price: launch.max_price.clone(),
        key_name: optional(&launch.key_name)?,
        security_groups: launch.security_groups.iter().map(expand).collect::<Result<_, _>>()?,
        instance_profile: optional(&launch.instance_profile)?,
        user_data: user_data.transpose()?,
        tags: launch.tags.iter().map(|(key, text)| Ok((key.clone(), expand(text)?))).collect::<Result<_, Failure>>()?,
        lease: run.plan.lease_of(service),
        disk: launch.disk.clone(),
        metadata_hop_limit: launch.metadata_hop_limit,
        capacity_reservation: optional(&launch.capacity_reservation)?,
        placement_group: optional(&launch.placement_group)?,
        tenancy: launch.tenancy,
        scaler_of: service.elastic.is_some().then(|| service.name.clone()),
    })
}

/// Returns all combinations of market, size and place, in the plan's order; markets first, since one call is for one
/// market.
fn offers(launch: &LaunchSpec, expand: impl Fn(&Text) -> Result<String, Failure>) -> Result<Vec<Offer>, Failure> {
    let all = |texts: &[Text]| texts.iter().map(&expand).collect::<Result<Vec<_>, _>>();
    let or_any = |values: Vec<String>| -> Vec<Option<String>> {
        if values.is_empty() { vec![None] } else { values.into_iter().map(Some).collect() }
    };
    let types = or_any(all(&launch.instance_types)?);
    let zones = all(&launch.zones)?.into_iter().map(|zone| (Some(zone), None));
    let subnets = all(&launch.subnets)?.into_iter().map(|subnet| (None, Some(subnet)));
    let mut infrastructure: Vec<(Option<String>, Option<String>)> = zones.chain(subnets).collect();
    if infrastructure.is_empty() {
        infrastructure.push((None, None));
    }
    let markets = if launch.markets.is_empty() { &[Market::OnDemand][..] } else { &launch.markets };
    let mut offers = Vec::new();
    for market in markets {
        for instance_type in &types {
            for (zone, subnet) in &infrastructure {
                offers.push(Offer {
                    spot: *market == Market::Spot,
                    instance_type: instance_type.clone(),
                    zone: zone.clone(),
                    subnet: subnet.clone(),
                });
            }
        }
    }
    Ok(offers)
}

/// Returns the call that was announced with `token`; the same whenever and by whomever it is repeated.
pub(super) fn launch_request(run: &Run, token: &str, machine: InstanceSpec, repeated: bool) -> Option<LaunchRequest> {
    let announced = run.launch_announced(token)?;
    let expires_at = announced.expires_at;
    let offers = if announced.offers.is_empty() { machine.offers.clone() } else { announced.offers.clone() };
    let mut tags = tags(&machine, &run.id, token, &announced.owner, expires_at);
    tags.extend(announced.state.clone().map(|state| (TAG_STATE.to_owned(), state)));
    let services = announced.services.clone();
    Some(LaunchRequest { token: token.to_owned(), slots: services, machine, offers, tags, expires_at, repeated })
}

/// Returns the tags of every instance of a launch: the user's own, and hoist's, which take precedence.
pub(super) fn tags(
    machine: &InstanceSpec,
    run_id: &str,
    token: &str,
    owner: &str,
    expires_at: Option<Timestamp>,
) -> BTreeMap<String, String> {
    let mut tags = machine.tags.clone();
    for (tag, value) in [(TAG_RUN, run_id), (TAG_INTENT, token), (TAG_OWNER, owner)] {
        tags.insert(tag.to_owned(), value.to_owned());
    }
    tags.extend(expires_at.map(|end| (TAG_EXPIRES.to_owned(), end.strftime("%Y-%m-%dT%H:%M:%SZ").to_string())));
    tags
}

/// Returns the token of a call: the same for the same run, services and attempts, and so the same after a crash before
/// it was recorded.
///
/// 40 hexadecimal characters; AWS allows 64 (EC2 API, "Ensuring idempotency").
pub(super) fn launch_token(run: &Run, positions: &[usize]) -> String {
    let mut hash = Sha256::new();
    hash.update(&run.id);
    for &position in positions {
        hash.update([0]);
        hash.update(&run.service(position).name);
        hash.update(run.record(position).attempt.to_be_bytes());
    }
    hex::encode(&hash.finalize()[..20])
}
