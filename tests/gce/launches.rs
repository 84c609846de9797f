//! Launches of one cloud: offers, repeats, what is refused, and how many calls they take.

use std::collections::BTreeSet;

use hoist::provider::{Cloud as _, CloudErrorKind, LaunchRequest, Offer, Selector};
use hoist_test_support::google::{
    CapacityRule, Effect, Exhausted, Faults, OperationError, Partial, Quota, Told, Visible, ZONE,
};

use crate::cloud_lab::{CloudLab, offer, request, run, token};

/// The same type elsewhere.
fn elsewhere() -> Offer {
    Offer { zone: Some("us-central1-b".to_owned()), ..offer("e2-small") }
}

#[test]
fn a_thousand_equal_machines_take_few_calls() {
    let Some(lab) = CloudLab::new(Faults::default()) else { return };
    run(async {
        let names: Vec<String> = (0..1000).map(|number| format!("web-{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let launched = lab.cloud.launch(&request(&token(1), &names)).await.unwrap();
        assert_eq!(launched.instances.len(), 1000);
        let shown = lab.cloud.describe(&Selector::Run("web.1".to_owned())).await.unwrap();
        assert_eq!(shown.len(), 1000);
        let slots: BTreeSet<usize> = shown.iter().map(|instance| instance.launch_index).collect();
        assert_eq!(slots.len(), 1000, "every instance has a slot of its own");
        let ids = |instances: &[hoist::provider::Instance]| -> BTreeSet<String> {
            instances.iter().map(|instance| instance.id.clone()).collect()
        };
        assert_eq!(ids(&launched.instances), ids(&shown));
        let calls = lab.server.calls().len();
        assert!(calls <= 30, "{calls} calls: {:?}", lab.server.counts());
    });
}

#[test]
fn a_launch_is_repeated_with_the_same_machines() {
    let Some(mut lab) = CloudLab::new(Faults::default()) else { return };
    run(async {
        let first = lab.cloud.launch(&request(&token(1), &["a", "b"])).await.unwrap();
        lab.restart();
        for repeated in [false, true] {
            let again = LaunchRequest { repeated, ..request(&token(1), &["a", "b"]) };
            let again = lab.cloud.launch(&again).await.unwrap();
            assert_eq!(again.instances.len(), 2);
            assert!(again.instances.iter().all(|instance| first.instances.iter().any(|it| it.id == instance.id)));
        }
        assert_eq!(lab.server.instances().len(), 2);
        // Also when Google has forgotten the request, and when lists lag.
        lab.server.advance(std::time::Duration::from_secs(7200));
        lab.server.change(|faults| faults.visible = Visible::AfterReads(3));
        let again = lab.cloud.launch(&request(&token(1), &["a", "b"])).await.unwrap();
        assert_eq!(again.instances.len(), 2);
        assert_eq!(lab.server.instances().len(), 2);
    });
}

#[test]
fn a_launch_whose_answer_was_lost_is_found() {
    for effect in [Effect::LostAfter, Effect::LostBefore, Effect::CutShort] {
        let faults = Faults::default().first(1, "compute.instances.bulkInsert", effect);
        let Some(lab) = CloudLab::new(faults) else { return };
        run(async {
            let launched = lab.cloud.launch(&request(&token(1), &["a", "b"])).await.unwrap();
            assert_eq!(launched.instances.len(), 2);
            assert_eq!(lab.server.instances().len(), 2);
        });
    }
}

#[test]
fn what_one_offer_lacks_another_gives() {
    for told in [Exhausted::Plain, Exhausted::WithDetails, Exhausted::InTheCall] {
        for (left, partial) in [(0, Partial::Silent), (2, Partial::Silent), (2, Partial::Told)] {
            let rule = CapacityRule::none("e2-small", ZONE).left(left).told(told);
            let Some(lab) = CloudLab::new(Faults::default().capacity(rule).partial(partial)) else { return };
            run(async {
                let wanted = request(&token(1), &["a", "b", "c"]);
                let wanted = LaunchRequest { offers: vec![offer("e2-small"), elsewhere()], ..wanted };
                let launched = lab.cloud.launch(&wanted).await.unwrap();
                assert_eq!(launched.instances.len(), 3);
                assert_eq!(launched.refusals.len(), 1, "{:?}", launched.refusals);
                assert_eq!(launched.refusals[0].offer, offer("e2-small"));
                assert!(launched.refusals[0].reason.contains("does not have enough resources"));
                let here = lab.server.instances().iter().filter(|instance| instance.place.zone == ZONE).count();
                assert_eq!((here, lab.server.instances().len()), (left, 3));
            });
        }
    }
}

#[test]
fn without_any_room_the_offers_are_refused() {
    let Some(lab) = CloudLab::new(Faults::default().capacity(CapacityRule::none("*", "*"))) else { return };
    run(async {
        let wanted = LaunchRequest { offers: vec![offer("e2-small"), elsewhere()], ..request(&token(1), &["a"]) };
        let launched = lab.cloud.launch(&wanted).await.unwrap();
        assert_eq!((launched.instances.len(), launched.refusals.len()), (0, 2));
    });
}

#[test]
fn a_quota_is_told_as_one() {
    for told in [Told::InTheCall, Told::InTheOperation] {
        let Some(lab) = CloudLab::new(Faults::default().quota(Quota::new("CPUS", 1)).quota_told(told)) else { return };
        run(async {
            let error = lab.cloud.launch(&request(&token(1), &["a"])).await.unwrap_err();
            assert_eq!(error.kind, CloudErrorKind::Quota, "{error}");
            assert!(error.message.contains("CPUS"), "{error}");
        });
    }
}

#[test]
fn what_cannot_be_asked_is_not_gone() {
    let Some(lab) = CloudLab::new(Faults::default()) else { return };
    run(async {
        let launched = lab.cloud.launch(&request(&token(1), &["a"])).await.unwrap();
        let ids = vec![launched.instances[0].id.clone()];
        lab.server.change(|faults| faults.unreachable = vec![ZONE.to_owned()]);
        for selector in [Selector::Ids(ids.clone()), Selector::Run("web.1".to_owned()), Selector::ManagedByHoist] {
            let error = lab.cloud.describe(&selector).await.unwrap_err();
            assert_eq!(error.kind, CloudErrorKind::Transient, "{error}");
            assert!(error.message.contains(ZONE), "{error}");
        }
        // Another zone that is silent proves nothing of this one.
        lab.server.change(|faults| faults.unreachable = vec!["us-central1-b".to_owned()]);
        assert_eq!(lab.cloud.describe(&Selector::Ids(ids)).await.unwrap().len(), 1);
    });
}

#[test]
fn machines_that_fail_are_asked_for_again() {
    let error = OperationError::new("INTERNAL_ERROR", "Internal error.");
    let Some(lab) = CloudLab::new(Faults::default().failing(0.2, error)) else { return };
    run(async {
        let names: Vec<String> = (0..50).map(|number| format!("w{number}")).collect();
        let names: Vec<&str> = names.iter().map(String::as_str).collect();
        let launched = lab.cloud.launch(&request(&token(1), &names)).await.unwrap();
        assert!(launched.instances.len() >= 48, "{}", launched.instances.len());
        assert_eq!(lab.server.instances().len(), launched.instances.len(), "none that is not known");
    });
}
