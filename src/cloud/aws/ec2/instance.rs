//! Converts instances from EC2's types to the engine's.

use std::collections::BTreeMap;

use aws_sdk_ec2::primitives::DateTime;
use aws_sdk_ec2::types::{self, InstanceLifecycleType, InstanceStateName};
use jiff::Timestamp;

use super::tags::{self, BY_ID, TAG_SLOT};
use crate::provider::{Instance, InstanceState, Offer, TAG_INTENT};

/// Converts instances; those without an id are dropped.
pub(super) fn read(shown: impl IntoIterator<Item = types::Instance>) -> Vec<Instance> {
    let mut instances: Vec<Instance> = shown.into_iter().filter_map(instance).collect();
    give_slots(&mut instances);
    instances
}

fn instance(shown: types::Instance) -> Option<Instance> {
    let state = shown.state.as_ref().and_then(|state| state.name.as_ref());
    let tags = tags::read(shown.tags);
    let slot = tags.get(TAG_SLOT).and_then(|slot| slot.parse().ok());
    let index = shown.ami_launch_index.and_then(|index| usize::try_from(index).ok()).unwrap_or_default();
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    let interfaces = shown.network_interfaces.unwrap_or_default();
    let mut ipv6 = interfaces.into_iter().flat_map(|interface| interface.ipv6_addresses.unwrap_or_default());
    let private_address = some(shown.private_ip_address).or_else(|| some(ipv6.next()?.ipv6_address));
    let offer = Offer {
        spot: shown.instance_lifecycle == Some(InstanceLifecycleType::Spot),
        instance_type: shown.instance_type.map(|kind| kind.as_str().to_owned()),
        zone: shown.placement.and_then(|placement| some(placement.availability_zone)),
        subnet: some(shown.subnet_id),
    };
    let reason = shown.state_reason.and_then(|reason| some(reason.message)).or(some(shown.state_transition_reason));
    Some(Instance {
        id: shown.instance_id?,
        state: state_of(state),
        // In a network without public addresses, the private one is used for connections.
        address: some(shown.public_ip_address).or_else(|| private_address.clone()),
        private_address,
        launch_index: slot.unwrap_or(index),
        tags,
        launched_at: shown.launch_time.as_ref().and_then(timestamp).unwrap_or_else(Timestamp::now),
        reason,
        offer: Some(offer),
    })
}

/// Assigns slots to the instances of launches that EC2 does not number. A launch and every later describing call must
/// get the same slots, so only ids decide.
pub(super) fn give_slots(instances: &mut [Instance]) {
    let mut by_launch: BTreeMap<String, Vec<&mut Instance>> = BTreeMap::new();
    for instance in instances {
        if let (Some(BY_ID), Some(intent)) =
            (instance.tags.get(TAG_SLOT).map(String::as_str), instance.tags.get(TAG_INTENT))
        {
            by_launch.entry(intent.clone()).or_default().push(instance);
        }
    }
    for mut launched in by_launch.into_values() {
        launched.sort_unstable_by(|one, other| one.id.cmp(&other.id));
        launched.into_iter().enumerate().for_each(|(slot, instance)| instance.launch_index = slot);
    }
}

pub(in crate::cloud) fn state_of(state: Option<&InstanceStateName>) -> InstanceState {
    match state {
        Some(InstanceStateName::Running) => InstanceState::Running,
        Some(InstanceStateName::ShuttingDown) => InstanceState::ShuttingDown,
        Some(InstanceStateName::Terminated) => InstanceState::Terminated,
        Some(InstanceStateName::Stopping) => InstanceState::Stopping,
        Some(InstanceStateName::Stopped) => InstanceState::Stopped,
        // Pending, OpenStack's additional states, and no state at all: the launch was accepted.
        _ => InstanceState::Pending,
    }
}

pub(in crate::cloud) fn timestamp(time: &DateTime) -> Option<Timestamp> {
    Timestamp::new(time.secs(), i32::try_from(time.subsec_nanos()).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use aws_sdk_ec2::types::Tag;

    use super::*;

    fn shown(id: &str, index: i32, slot: Option<&str>) -> types::Instance {
        let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build();
        let mut tags = vec![tag(TAG_INTENT, "one")];
        tags.extend(slot.map(|slot| tag(TAG_SLOT, slot)));
        types::Instance::builder().instance_id(id).ami_launch_index(index).set_tags(Some(tags)).build()
    }

    fn slots(shown: Vec<types::Instance>) -> Vec<(String, usize)> {
        read(shown).into_iter().map(|instance| (instance.id, instance.launch_index)).collect()
    }

    #[test]
    fn slots_are_ec2s_numbers_or_tags_or_the_order_of_ids() {
        let of = |id: &str, slot| (id.to_owned(), slot);
        assert_eq!(slots(vec![shown("i-2", 0, None), shown("i-1", 1, None)]), [of("i-2", 0), of("i-1", 1)]);
        assert_eq!(slots(vec![shown("i-2", 0, Some("7"))]), [of("i-2", 7)]);
        let fleet = vec![shown("i-3", 0, Some(BY_ID)), shown("i-1", 0, Some(BY_ID)), shown("i-2", 1, Some(BY_ID))];
        assert_eq!(slots(fleet), [of("i-3", 2), of("i-1", 0), of("i-2", 1)]);
    }

    #[test]
    fn an_instance_without_a_public_address_is_reached_by_its_private_one() {
        let private = types::Instance::builder().instance_id("i-1").private_ip_address("10.0.0.1");
        let seen = read([private.clone().build(), private.public_ip_address("192.0.2.1").build()]);
        assert_eq!(seen[0].address.as_deref(), Some("10.0.0.1"));
        assert_eq!(seen[1].address.as_deref(), Some("192.0.2.1"));
    }
}
