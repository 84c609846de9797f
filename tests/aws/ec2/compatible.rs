//! Clouds that speak only the oldest part of EC2's language.

use hoist::cloud::Announcement;
use hoist::provider::{Cloud, CloudErrorKind, LaunchRequest, Selector, TAG_RUN};

use crate::ec2::lab::{HANGS, Lab, Setting, offer, request, run, slots, spot, token};
use hoist_test_support::aws::{CapacityRule, Effect, Faults, Moment, TagsAtLaunch, Tokens};

fn compatible() -> Setting {
    Setting { compatible: true, ..Setting::default() }
}

/// Old clouds forget tokens when calls come close together: here always.
fn old() -> Faults {
    Faults::default().plain(TagsAtLaunch::Refused).tokens(Tokens::Ignored)
}

fn run_of() -> Selector {
    Selector::Run("web.1".to_owned())
}

#[test]
fn machines_are_launched_one_by_one_and_tagged_right_after() {
    let Some(lab) = Lab::with(old(), compatible()) else { return };
    run(async {
        let launched = lab.cloud.launch(&request(&token(1), &["a", "b", "c"])).await.unwrap();
        assert_eq!(launched.instances.iter().map(|i| i.launch_index).collect::<Vec<_>>(), [0, 1, 2]);
        let by_slot = slots(&lab.cloud, &run_of()).await;
        let launched: Vec<_> =
            launched.instances.into_iter().map(|instance| (instance.launch_index, instance.id)).collect();
        assert_eq!(by_slot.into_iter().collect::<Vec<_>>(), launched);
        assert!(lab.proxy.living().iter().all(|instance| instance.tags.contains_key(TAG_RUN)));
        let sent = &lab.calls("RunInstances")[0].parameters;
        assert!(!sent.has("TagSpecification") && !sent.has("MetadataOptions"), "{sent:?}");
        assert!(!lab.cloud.capabilities().lacks.is_empty());
    });
}

#[test]
fn no_token_is_trusted_when_an_answer_is_lost() {
    for effect in [Effect::LostAfter, Effect::LostBefore, Effect::Page(502)] {
        for action in ["RunInstances", "CreateTags"] {
            let Some(lab) = Lab::with(old().script(action, 1, 1, effect.clone()), compatible()) else { return };
            run(async {
                let wanted = request(&token(1), &["a", "b", "c"]);
                let launched = insist(&lab, &wanted).await;
                assert_eq!(launched, 3, "{action} {effect:?}");
                let living = lab.proxy.living();
                assert_eq!(living.len(), 3, "{action} {effect:?}");
                assert!(living.iter().all(|instance| instance.tags.contains_key(TAG_RUN)), "{action} {effect:?}");
            });
        }
    }
}

/// Launches as the engine does: again while it is told to. Gives how many there are.
async fn insist(lab: &Lab, wanted: &LaunchRequest) -> usize {
    for _ in 0..10 {
        match lab.cloud.launch(wanted).await {
            Ok(launched) => return launched.instances.len(),
            Err(error) => assert_eq!(error.kind, CloudErrorKind::Transient, "{error}"),
        }
    }
    panic!("it never launched");
}

#[test]
fn what_another_process_launched_and_did_not_tag_is_found_and_tagged() {
    for (action, skip, effect, killed) in [
        ("RunInstances", 1, HANGS, Moment::Done),
        ("CreateTags", 1, HANGS, Moment::Done),
        // The first is lost, and the second, too.
        ("CreateTags", 0, Effect::LostBefore, Moment::Come),
    ] {
        let faults = old().script(action, skip, usize::MAX, effect);
        let Some(mut lab) = Lab::with(faults, compatible()) else { return };
        run(async {
            let mut wanted = request(&token(1), &["a", "b"]);
            lab.killed_at(action, 2, killed, lab.cloud.launch(&wanted)).await;
            lab.proxy.change(|faults| faults.scripts.clear());
            lab.restart(compatible());
            wanted.repeated = true;
            let launched = lab.cloud.launch(&wanted).await.unwrap();
            assert_eq!(launched.instances.len(), 2, "{action} {skip}");
            assert_eq!(lab.proxy.living().len(), 2, "{action} {skip}");
            assert_eq!(lab.cloud.describe(&run_of()).await.unwrap().len(), 2, "{action} {skip}");
        });
    }
}

#[test]
fn the_next_offer_is_tried_and_what_there_is_counts() {
    let faults =
        old().capacity(CapacityRule::none("t3.small", "*")).capacity(CapacityRule::none("t3.medium", "*").left(2));
    let Some(lab) = Lab::with(faults, compatible()) else { return };
    run(async {
        let mut wanted = request(&token(1), &["a", "b", "c"]);
        wanted.offers = vec![offer("t3.small"), offer("t3.medium")];
        let launched = lab.cloud.launch(&wanted).await.unwrap();
        assert_eq!((launched.instances.len(), launched.refusals.len()), (2, 2), "{launched:?}");
        assert_eq!(lab.proxy.living().len(), 2);
    });
}

#[test]
fn spare_capacity_is_refused_clearly() {
    let Some(lab) = Lab::with(old(), compatible()) else { return };
    run(async {
        let mut wanted = request(&token(1), &["a"]);
        wanted.offers = vec![spot("t3.small", "us-east-1a")];
        let error = lab.cloud.launch(&wanted).await.unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::Rejected);
        assert!(error.message.contains("no spot capacity"), "{error}");
        let wrong = lab.cloud.check(&[wanted]).await.unwrap();
        assert!(wrong.iter().any(|error| error.message.contains("no spot capacity")), "{wrong:?}");
        assert_eq!(lab.proxy.count("RunInstances"), 0);
    });
}

#[test]
fn a_cloud_that_knows_no_tags_at_launch_says_what_to_do() {
    // Somebody forgot to say that the cloud is not AWS.
    let Some(lab) = Lab::new(old()) else { return };
    run(async {
        let error = lab.cloud.launch(&request(&token(1), &["a"])).await.unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::Rejected);
        assert!(error.hint.clone().unwrap_or_default().contains("compatible = true"), "{error:?}");
    });
}

#[test]
fn what_was_launched_and_never_tagged_is_found_by_who_only_terminates() {
    let Some(mut lab) = Lab::with(old().script("RunInstances", 1, 1, HANGS), compatible()) else { return };
    run(async {
        let wanted = request(&token(1), &["a", "b", "c"]);
        lab.killed_at("RunInstances", 2, Moment::Done, lab.cloud.launch(&wanted)).await;
        assert_eq!(lab.proxy.living().len(), 2);
        let mut setting = compatible();
        setting.options.announced = vec![Announcement {
            run: "web.1".to_owned(),
            token: token(1),
            owner: "ann@desk".to_owned(),
            size: 3,
            tags: Default::default(),
        }];
        lab.restart(setting);
        let by_slot = slots(&lab.cloud, &run_of()).await;
        assert_eq!(by_slot.keys().copied().collect::<Vec<_>>(), [0, 1]);
        // From now on its tags tell.
        lab.restart(compatible());
        assert_eq!(slots(&lab.cloud, &run_of()).await, by_slot);
        lab.cloud.terminate(&by_slot.into_values().collect::<Vec<_>>()).await.unwrap();
        assert_eq!(lab.proxy.living(), []);
    });
}
