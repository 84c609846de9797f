use proptest::prelude::*;

use super::*;
use crate::annex::ObservedState;

const NOW: &str = "2026-11-20T12:00:00Z";

fn now() -> Timestamp {
    NOW.parse().unwrap()
}

fn instance(id: &str, state: InstanceState, age: i64, address: &str) -> AnnexInstance {
    AnnexInstance {
        id: id.to_owned(),
        state,
        pool: 0,
        instance_type: Some("t3.small".to_owned()),
        zone: Some("us-east-1a".to_owned()),
        spot: false,
        price: None,
        private_address: Some(address.to_owned()),
        address: None,
        launched_at: now() - SignedDuration::from_secs(age),
        astray: false,
    }
}

fn slot(name: &str, instance: Option<&str>, address: &str, state: &str) -> Slot {
    Slot {
        name: name.to_owned(),
        instance: instance.map(str::to_owned),
        address: address.parse().ok(),
        state: state.to_owned(),
        activity: "Idle".to_owned(),
        is_partitionable: false,
        is_used_up: false,
        since: Some(now()),
    }
}

fn joined(instances: Vec<AnnexInstance>, slots: Option<Vec<Slot>>) -> AnnexStatus {
    let id = AnnexId { name: "foo".parse().unwrap(), nonce: "0123456789ab".to_owned() };
    let seen = ObservedAnnex::new(ObservedState::Settled, 1);
    join(id, seen, instances, slots, now(), JOIN_GRACE)
}

#[test]
fn what_has_not_joined_and_what_is_gone_is_marked() {
    use InstanceState::{Pending, Running, ShuttingDown, Terminated};
    let instances = vec![
        instance("i-1", Running, 601, "10.0.0.1"),
        instance("i-2", Running, 600, "10.0.0.2"),
        instance("i-3", Pending, 9999, "10.0.0.3"),
        instance("i-4", Running, 9999, "10.0.0.4"),
        instance("i-5", Terminated, 9999, "10.0.0.5"),
        instance("i-6", ShuttingDown, 9999, "10.0.0.6"),
    ];
    let slots = [
        ("a", Some("i-4"), "10.0.0.1", "Claimed"),
        ("b", Some("i-5"), "10.0.0.5", "Claimed"),
        ("c", Some("i-6"), "10.0.0.6", "Claimed"),
        ("d", Some("i-9"), "10.0.0.1", "Claimed"),
        ("e", None, "10.0.0.99", "Unclaimed"),
    ];
    let slots = slots.map(|(name, instance, address, state)| slot(name, instance, address, state)).to_vec();
    let status = joined(instances.clone(), Some(slots));
    let marks: Vec<_> = status.rows.iter().map(|row| row.mark).collect();
    assert_eq!(marks, [Some(MemberIssue::NotJoined), None, None, None, Some(MemberIssue::Gone), None]);
    let strays: Vec<_> = status.strays.iter().map(|stray| (stray.instance.as_deref(), &stray.slots.names)).collect();
    assert_eq!(strays, [(None, &vec!["e".to_owned()]), (Some("i-9"), &vec!["d".to_owned()])]);
    assert!(joined(instances, None).rows.iter().all(|row| row.mark.is_none()), "nobody was asked");
}

#[test]
fn a_slot_without_an_id_is_its_machines_by_an_address_of_one_instance_only() {
    use InstanceState::{Running, Terminated};
    let mut instances = vec![instance("i-1", Running, 0, "10.0.0.1"), instance("i-0", Terminated, 0, "10.0.0.1")];
    let by_address = || Some(vec![slot("a", None, "10.0.0.1", "Claimed")]);
    let status = joined(instances.clone(), by_address());
    assert!(status.rows[1].is_busy() && !status.rows[0].is_busy() && status.strays.is_empty());
    instances.push(instance("i-2", Running, 0, "10.0.0.1"));
    assert_eq!(joined(instances, by_address()).strays.len(), 1);
}

#[test]
fn a_machine_is_what_its_most_telling_slot_is() {
    let mut whole = slot("slot1@a", Some("i-1"), "10.0.0.1", "Unclaimed");
    (whole.is_partitionable, whole.is_used_up) = (true, true);
    let mut part = slot("slot1_1@a", Some("i-1"), "10.0.0.1", "Claimed");
    part.activity = "Retiring".to_owned();
    let summary = SlotSummary::of(vec![whole.clone(), part]).unwrap();
    assert_eq!((summary.count, summary.claimed, summary.idle_since), (1, 1, None));
    assert_eq!((summary.state.as_str(), summary.activity.as_str()), ("Claimed", "Retiring"));
    let summary = SlotSummary::of(vec![whole]).unwrap();
    assert_eq!((summary.count, summary.claimed, summary.idle_since), (0, 0, Some(now())));
}

fn any_instance() -> impl Strategy<Value = AnnexInstance> {
    use InstanceState::{Pending, Running, ShuttingDown, Stopped, Stopping, Terminated};
    let states = prop::sample::select(vec![Pending, Running, ShuttingDown, Terminated, Stopping, Stopped]);
    (0_u8..30, states, 0_i64..2000, 0_u8..20)
        .prop_map(|(id, state, age, address)| instance(&format!("i-{id}"), state, age, &format!("10.0.0.{address}")))
}

fn any_slot() -> impl Strategy<Value = Slot> {
    let state =
        prop::sample::select(vec!["Unclaimed", "Claimed", "Drained", "Owner", "Matched", "Preempting", "Unknown"]);
    (prop::option::of(0_u8..40), 0_u8..40, state, any::<bool>()).prop_map(|(id, address, state, is_used_up)| {
        let id = id.map(|id| format!("i-{id}"));
        Slot { is_used_up, ..slot("", id.as_deref(), &format!("10.0.0.{address}"), state) }
    })
}

proptest! {
    #[test]
    fn no_instance_and_no_slot_is_lost_or_told_twice(
        instances in prop::collection::vec(any_instance(), 0..30),
        slots in prop::collection::vec(any_slot(), 0..60),
        turn in 0_usize..60,
    ) {
        let mut instances = instances;
        instances.sort_by(|one, other| one.id.cmp(&other.id));
        instances.dedup_by(|one, other| one.id == other.id);
        let slots: Vec<Slot> =
            slots.into_iter().enumerate().map(|(index, slot)| Slot { name: format!("s{index}"), ..slot }).collect();
        let status = joined(instances.clone(), Some(slots.clone()));

        let ids: Vec<_> = status.rows.iter().map(|row| row.instance.clone()).collect();
        prop_assert_eq!(&ids, &instances);
        let mut names: Vec<String> = status.rows.iter().filter_map(|row| row.slots.as_ref())
            .chain(status.strays.iter().map(|stray| &stray.slots))
            .flat_map(|slots| slots.names.clone())
            .collect();
        names.sort();
        let mut expected: Vec<String> = slots.iter().map(|slot| slot.name.clone()).collect();
        expected.sort();
        prop_assert_eq!(names, expected);

        let of = |name: &str| slots.iter().find(|slot| slot.name == name).unwrap();
        for row in &status.rows {
            let names = row.slots.as_ref().map(|slots| slots.names.as_slice()).unwrap_or_default();
            for name in names {
                let slot = of(name);
                let by_address = slot.address.map(|address| address.to_string()) == row.instance.private_address;
                prop_assert!(slot.instance.as_ref().map_or(by_address, |id| *id == row.instance.id));
            }
            let claimed = names.iter().filter(|name| of(name).is_claimed()).count();
            prop_assert_eq!(row.is_busy(), claimed > 0);
            match row.mark {
                Some(MemberIssue::NotJoined) => {
                    prop_assert!(names.is_empty() && row.instance.state == InstanceState::Running);
                    prop_assert!(now().duration_since(row.instance.launched_at).as_secs() > 600);
                }
                Some(MemberIssue::Astray) => prop_assert!(row.instance.astray),
                Some(MemberIssue::Gone) => prop_assert!(!names.is_empty() && row.instance.state != InstanceState::Running),
                None => {}
            }
        }
        for stray in &status.strays {
            prop_assert!(stray.instance.as_ref().is_none_or(|id| instances.iter().all(|instance| instance.id != *id)));
        }

        // The order of the inputs does not matter.
        let (mut other_instances, mut other_slots) = (instances, slots);
        let (first, second) = (turn % other_instances.len().max(1), turn % other_slots.len().max(1));
        other_instances.rotate_left(first);
        other_slots.rotate_left(second);
        let other = joined(other_instances, Some(other_slots));
        prop_assert_eq!(format!("{other:?}"), format!("{status:?}"));
    }
}
