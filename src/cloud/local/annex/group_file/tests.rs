use proptest::prelude::*;

use super::*;
use crate::annex::{InstanceGroup, Market, PoolSoftware};

fn spec(count: u32, weights: &[u32]) -> AnnexSpec {
    let pool = |&weight: &u32| InstanceGroup {
        image: "local".to_owned(),
        instance_types: vec!["local".to_owned()],
        max_price: None,
        weight,
        ..InstanceGroup::default()
    };
    AnnexSpec {
        name: "near".parse().unwrap(),
        pools: weights.iter().map(pool).collect(),
        count,
        market: Market::OnDemand,
        vpc: None,
        subnets: Vec::new(),
        security_groups: Vec::new(),
        key_name: None,
        metadata_hops: None,
        expires_at: "2026-12-01T00:00:00Z".parse().unwrap(),
        runs_out: false,
        idle_seconds: None,
        software: PoolSoftware::None,
        owner: "me".to_owned(),
        state: None,
        tags: std::collections::BTreeMap::new(),
        user_data: None,
        contents: crate::annex::FileDigests::default(),
    }
}

fn slots(group: &GroupFile) -> Vec<u32> {
    group.members.iter().map(|member| member.slot).collect()
}

#[test]
fn more_are_younger_and_the_youngest_are_too_many() {
    let mut group = GroupFile::new(&spec(3, &[1]), "one", None);
    assert_eq!(slots(&group), [0, 1, 2]);
    group.settle();
    group.change(&spec(1, &[1]), "two", None);
    assert_eq!(slots(&group), [0]);
    group.settle();
    group.change(&spec(2, &[1]), "three", Some("user-data-1"));
    assert_eq!(slots(&group), [0, 3], "no slot is taken twice");
    assert_eq!(group.members[1].user_data.as_deref(), Some("user-data-1"));
}

#[test]
fn what_left_by_itself_is_not_wanted_back_by_a_renewal_and_is_by_an_update() {
    let mut group = GroupFile::new(&spec(3, &[1]), "one", None);
    group.settle();
    assert!(group.without(&[1].into()));
    let longer = AnnexSpec { expires_at: "2026-12-02T00:00:00Z".parse().unwrap(), ..spec(3, &[1]) };
    group.change(&longer, "two", None);
    assert_eq!(slots(&group), [0, 2]);
    assert_eq!(group.spec, longer);
    group.settle();
    group.change(&longer, "three", None);
    assert_eq!(slots(&group), [0, 2, 3]);
}

#[test]
fn a_change_that_comes_to_nothing_leaves_what_was_before() {
    let mut group = GroupFile::new(&spec(3, &[1]), "one", None);
    group.settle();
    let before = group.clone();
    group.change(&spec(1, &[1, 1]), "two", None);
    // The change is cut off, and another one requested.
    group.change(&spec(5, &[1, 1]), "three", None);
    group.without(&[2].into());
    group.roll_back("no room");
    assert_eq!((group.spec.clone(), group.token.as_str()), (before.spec, "one"));
    assert_eq!(slots(&group), [0, 1], "the one that is gone stays gone");
    assert_eq!(group.failure.as_ref().map(|failure| failure.token.as_str()), Some("three"));

    let mut first = GroupFile::new(&spec(2, &[1]), "one", None);
    first.roll_back("no room");
    assert!(first.members.is_empty() && first.token.is_empty());
    first.change(&spec(2, &[1]), "one", None);
    assert_eq!(slots(&first), [2, 3]);
}

proptest! {
    #[test]
    fn members_are_as_many_as_wanted_and_never_come_back(changes in prop::collection::vec((0_u32..30, prop::collection::vec(1_u32..5, 1..4)), 1..20)) {
        let mut group = GroupFile::new(&spec(1, &[1]), "first", None);
        let mut gone = BTreeSet::new();
        for (number, (count, weights)) in changes.into_iter().enumerate() {
            let before: BTreeSet<u32> = slots(&group).into_iter().collect();
            let wanted = spec(count, &weights);
            group.change(&wanted, &number.to_string(), None);
            group.settle();
            let now: BTreeSet<u32> = slots(&group).into_iter().collect();
            prop_assert_eq!(now.len(), count as usize);
            prop_assert!(now.is_disjoint(&gone));
            gone.extend(before.difference(&now));
            for (pool, part) in split(count, &wanted.pools).into_iter().enumerate() {
                prop_assert_eq!(group.members.iter().filter(|member| member.pool == pool).count(), part as usize);
            }
        }
    }
}
