use proptest::prelude::*;

use super::super::instance_group::parse_pool;
use super::super::market::Market;
use super::super::spec::PoolSoftware;
use super::*;

fn record() -> Annex {
    let id = AnnexId { name: "foo".parse().unwrap(), nonce: "0123456789ab".to_owned() };
    Annex::new(id, CloudConfig::default(), Timestamp::UNIX_EPOCH)
}

fn spec(count: u32) -> AnnexSpec {
    AnnexSpec {
        name: "foo".parse().unwrap(),
        pools: vec![parse_pool("image=ami-1,type=t3.small").unwrap()],
        count,
        market: Market::Spot,
        vpc: None,
        subnets: Vec::new(),
        security_groups: Vec::new(),
        key_name: None,
        metadata_hops: None,
        expires_at: Timestamp::UNIX_EPOCH,
        runs_out: false,
        idle_seconds: None,
        software: PoolSoftware::None,
        owner: "ada@lovelace".to_owned(),
        state: None,
        tags: Default::default(),
        user_data: None,
        contents: crate::annex::FileDigests::default(),
    }
}

fn intended(token: &str, count: u32) -> AnnexEvent {
    AnnexEvent::ApplyIntended { token: token.to_owned(), spec: Box::new(spec(count)) }
}

fn ids(ids: &[&str]) -> Vec<String> {
    ids.iter().map(|&id| id.to_owned()).collect()
}

fn after(events: &[AnnexEvent]) -> Annex {
    let mut record = record();
    events.iter().for_each(|event| record.apply(event));
    record
}

fn failed(why: &str) -> AnnexEvent {
    AnnexEvent::ApplyFailed { reason: why.to_owned() }
}

fn delete(retain: &[&str]) -> AnnexEvent {
    AnnexEvent::DeleteIntended { token: "d".to_owned(), retain: ids(retain) }
}

#[test]
fn a_change_that_failed_leaves_what_was() {
    let mut events = vec![intended("a", 3), AnnexEvent::ApplyAccepted { cloud_id: Some("s".to_owned()) }];
    events.extend([AnnexEvent::Applied, intended("b", 5), intended("c", 6)]);
    let changing = after(&events);
    assert_eq!((changing.spec, changing.before, changing.accepted), (Some(spec(6)), Some(spec(3)), false));
    events.push(failed("no"));
    let record = after(&events);
    assert_eq!((record.stage, &record.spec, &record.before), (AnnexPhase::Failed, &Some(spec(3)), &None));
    assert_eq!((record.reason.as_deref(), record.cloud_id.as_deref()), (Some("no"), Some("s")));
}

#[test]
fn an_annex_that_was_never_made_is_rolled_back_and_keeps_the_reason() {
    let mut events = vec![intended("a", 3), failed("no capacity")];
    assert!(!after(&events).rolled_back);
    events.extend([delete(&[]), AnnexEvent::DeleteFailed { remains: vec![("r".to_owned(), "in use".to_owned())] }]);
    let record = after(&events);
    assert_eq!((record.rolled_back, record.reason.as_deref()), (true, Some("no capacity")));
    assert_eq!(record.undeleted, [("r".to_owned(), "in use".to_owned())]);
    events.extend([delete(&["r"]), AnnexEvent::Deleted, intended("b", 9)]);
    let record = after(&events);
    assert_eq!((record.stage, record.reason.as_deref()), (AnnexPhase::Ended, Some("no capacity")));
}

#[test]
fn a_deletion_is_of_its_user_unless_the_annex_could_not_be_made() {
    let record = after(&[intended("a", 3), AnnexEvent::Applied, intended("b", 5), failed("no"), delete(&[])]);
    assert_eq!((record.rolled_back, record.reason), (false, None));
    let record = after(&[intended("a", 3), delete(&[]), intended("b", 5), AnnexEvent::Applied, failed("no")]);
    assert_eq!((record.stage, record.made, record.rolled_back), (AnnexPhase::Deleting, false, false));
}

#[test]
fn an_instance_is_released_once() {
    let release = |list: &[&str]| AnnexEvent::ReleaseIntended { instances: ids(list) };
    let released = |list: &[&str]| AnnexEvent::Released { instances: ids(list) };
    let mut events =
        vec![intended("a", 5), AnnexEvent::Applied, AnnexEvent::DrainIntended { instances: ids(&["i", "k"]) }];
    events.extend([release(&["i"]), intended("b", 9), released(&["i"]), release(&["i", "j"]), released(&["i", "k"])]);
    let record = after(&events);
    assert_eq!((record.draining, record.releasing), (Vec::new(), ids(&["j"])));
    assert_eq!((record.spec, record.before), (Some(spec(8)), Some(spec(4))));
    events.push(AnnexEvent::ReleaseRefused { instances: ids(&["j"]), reason: "no".to_owned() });
    let record = after(&events);
    assert!(record.releasing.is_empty() && !record.released.contains("j"));
}

fn event() -> impl Strategy<Value = AnnexEvent> {
    let instances = || prop::collection::vec(prop::sample::select(ids(&["i-1", "i-2", "i-3"])), 0..3);
    prop_oneof![
        (0..4_u32).prop_map(|count| intended(&count.to_string(), count)),
        prop::option::of(Just("stack".to_owned())).prop_map(|cloud_id| AnnexEvent::ApplyAccepted { cloud_id }),
        Just(AnnexEvent::Applied),
        Just(failed("it failed")),
        instances().prop_map(|instances| AnnexEvent::DrainIntended { instances }),
        instances().prop_map(|instances| AnnexEvent::ReleaseIntended { instances }),
        instances().prop_map(|instances| AnnexEvent::Released { instances }),
        instances().prop_map(|instances| AnnexEvent::ReleaseRefused { instances, reason: "no".to_owned() }),
        prop::bool::ANY.prop_map(|again| delete(if again { &["Role"] } else { &[] })),
        Just(AnnexEvent::DeleteFailed { remains: vec![("Role".to_owned(), "in use".to_owned())] }),
        Just(AnnexEvent::Deleted),
    ]
}

proptest! {
    /// Every prefix of every journal is consistent, and survives JSON.
    #[test]
    fn each_beginning_of_a_journal_makes_sense(events in prop::collection::vec(event(), 0..30)) {
        let mut record = record();
        for (before, event) in (0..).zip(&events) {
            prop_assert_eq!(record.sequence, before);
            let earlier = record.clone();
            record.apply(event);
            makes_sense(&earlier, &record)?;
            let text = serde_json::to_string(event).unwrap();
            prop_assert_eq!(&serde_json::from_str::<AnnexEvent>(&text).unwrap(), event);
        }
    }
}

fn makes_sense(earlier: &Annex, record: &Annex) -> Result<(), TestCaseError> {
    use AnnexPhase::{Applying, Deleting, Ended, Failed, New, Settled};
    let leads = match earlier.stage {
        New => matches!(record.stage, New | Applying | Deleting | Ended),
        Applying => record.stage != New,
        Settled | Failed => {
            !matches!(record.stage, New) && (record.stage == earlier.stage || !matches!(record.stage, Settled | Failed))
        }
        Deleting => matches!(record.stage, Deleting | Ended),
        Ended => record.stage == Ended,
    };
    prop_assert!(leads, "{:?} led to {:?}", earlier.stage, record.stage);
    prop_assert!(!matches!(record.stage, Applying | Settled | Failed) || record.spec.is_some());
    prop_assert!(record.stage != Settled || record.made);
    prop_assert!(record.before.is_none() || (record.stage == Applying && record.made));
    prop_assert!(record.reason.is_some() || record.stage != Failed);
    prop_assert!(!record.rolled_back || !record.made && record.reason.is_some());
    prop_assert!(earlier.cloud_id.is_none() || record.cloud_id.is_some(), "the cloud's id is never forgotten");
    prop_assert!(record.releasing.iter().chain(&record.draining).all(|id| !record.released.contains(id)));
    prop_assert!(record.stage != Ended || record.releasing.is_empty() && record.draining.is_empty());
    Ok(())
}
