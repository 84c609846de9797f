//! Spot capacity and several offers: instant fleets.

use hoist::provider::{Cloud, CloudErrorKind, Launched, Offer, Selector};

use crate::ec2::lab::{HANGS, Lab, Setting, offer, request, run, slots, spot, token};
use hoist_test_support::aws::{CapacityRule, Effect, Faults, Moment};

fn ids(launched: &Launched) -> Vec<String> {
    launched.instances.iter().map(|instance| instance.id.clone()).collect()
}

fn templates(lab: &Lab) -> usize {
    lab.proxy.ask("DescribeLaunchTemplates", &[]).items("launchTemplates").len()
}

#[test]
fn spare_capacity_is_bought_by_a_fleet_that_leaves_no_template() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let mut wanted = request(&token(1), &["a", "b", "c"]);
        wanted.offers = vec![spot("t3.small", "us-east-1b")];
        wanted.machine.max_price = Some("0.01".to_owned());
        wanted.machine.user_data = Some(b"#!/bin/sh\n".to_vec());
        let launched = lab.cloud.launch(&wanted).await.unwrap();
        assert_eq!(launched.instances.iter().map(|i| i.launch_index).collect::<Vec<_>>(), [0, 1, 2]);
        let living = lab.proxy.living();
        assert_eq!(living.len(), 3);
        assert!(living.iter().all(|instance| instance.spot && instance.zone == "us-east-1b"), "{living:?}");
        assert!(living.iter().all(|instance| instance.tags.contains_key("team")), "{living:?}");
        assert_eq!(templates(&lab), 0);

        let fleet = &lab.calls("CreateFleet")[0].parameters;
        assert_eq!(fleet.get("ClientToken"), Some(token(1).as_str()));
        assert_eq!(fleet.get("SpotOptions.AllocationStrategy"), Some("price-capacity-optimized"));
        assert_eq!(fleet.get("LaunchTemplateConfigs.1.Overrides.1.MaxPrice"), Some("0.01"));
        let template = &lab.calls("CreateLaunchTemplate")[0].parameters;
        assert_eq!(template.get("LaunchTemplateData.MetadataOptions.HttpTokens"), Some("required"));
        assert_eq!(template.get("LaunchTemplateData.MetadataOptions.HttpPutResponseHopLimit"), Some("1"));

        // Every look comes to the slots that the launch gave.
        let by_slot = slots(&lab.cloud, &Selector::Run("web.1".to_owned())).await;
        assert_eq!(by_slot.into_values().collect::<Vec<_>>(), ids(&launched));
    });
}

#[test]
fn offers_are_tried_in_their_order_and_each_lack_is_told() {
    for market in [false, true] {
        let faults = Faults::default()
            .capacity(CapacityRule::none("t3.small", "us-east-1a"))
            .capacity(CapacityRule::none("t3.medium", "us-east-1b").left(2));
        let Some(lab) = Lab::new(faults) else { return };
        run(async {
            let of = |instance_type: &str, zone: &str| Offer { spot: market, ..spot(instance_type, zone) };
            let mut wanted = request(&token(1), &["a", "b", "c", "d", "e"]);
            wanted.offers =
                vec![of("t3.small", "us-east-1a"), of("t3.medium", "us-east-1b"), of("t3.large", "us-east-1c")];
            let launched = lab.cloud.launch(&wanted).await.unwrap();
            assert_eq!(launched.instances.len(), 5);
            let count = |instance_type: &str| {
                lab.proxy.living().iter().filter(|instance| instance.instance_type == instance_type).count()
            };
            assert_eq!((count("t3.small"), count("t3.medium"), count("t3.large")), (0, 2, 3));
            let refused: Vec<&Offer> = launched.refusals.iter().map(|refusal| &refusal.offer).collect();
            assert_eq!(refused, [&wanted.offers[0], &wanted.offers[1]]);
            assert!(launched.refusals[0].reason.contains("us-east-1a"), "{launched:?}");
        });
    }
}

#[test]
fn less_than_was_asked_for_is_an_answer_and_nothing_too() {
    let faults = Faults::default().capacity(CapacityRule::none("t3.*", "*").left(2));
    let Some(lab) = Lab::new(faults) else { return };
    run(async {
        let mut wanted = request(&token(1), &["a", "b", "c"]);
        wanted.offers = vec![spot("t3.small", "us-east-1a"), spot("t3.medium", "us-east-1a")];
        let some = lab.cloud.launch(&wanted).await.unwrap();
        assert_eq!(some.instances.len(), 2);
        assert!(!some.refusals.is_empty());
        let more = hoist::provider::LaunchRequest { token: token(2), ..wanted };
        let none = lab.cloud.launch(&more).await.unwrap();
        assert_eq!((none.instances.len(), none.refusals.len()), (0, 2), "{none:?}");
        assert_eq!(templates(&lab), 0);
    });
}

#[test]
fn a_fleet_survives_lost_answers_of_each_of_its_calls() {
    for action in ["CreateLaunchTemplate", "CreateFleet", "DeleteLaunchTemplate"] {
        for effect in [Effect::LostAfter, Effect::LostBefore, Effect::throttled()] {
            let Some(lab) = Lab::new(Faults::default().first(1, action, effect.clone())) else { return };
            run(async {
                let mut wanted = request(&token(1), &["a", "b"]);
                wanted.offers = vec![offer("t3.small"), offer("t3.medium")];
                let launched = lab.cloud.launch(&wanted).await.unwrap();
                assert_eq!(launched.instances.len(), 2, "{action} {effect:?}");
                assert_eq!(lab.proxy.living().len(), 2, "{action} {effect:?}");
                assert_eq!(templates(&lab), 0, "{action} {effect:?}");
            });
        }
    }
}

#[test]
fn a_fleet_that_another_process_began_is_finished_and_not_made_twice() {
    // However far the other one came.
    for reached in ["CreateLaunchTemplate", "CreateFleet", "DeleteLaunchTemplate"] {
        let Some(mut lab) = Lab::new(Faults::default().first(1, reached, HANGS)) else { return };
        run(async {
            let mut wanted = request(&token(1), &["a", "b"]);
            wanted.offers = vec![spot("t3.small", "us-east-1a"), spot("t3.medium", "us-east-1a")];
            lab.killed_at(reached, 1, Moment::Done, lab.cloud.launch(&wanted)).await;
            lab.restart(Setting::default());
            wanted.repeated = true;
            let launched = lab.cloud.launch(&wanted).await.unwrap();
            assert_eq!(launched.instances.len(), 2, "{reached}");
            assert_eq!(lab.proxy.living().len(), 2, "{reached}");
            assert_eq!(templates(&lab), 0, "{reached}");
        });
    }
}

#[test]
fn a_template_that_was_cleared_away_is_made_again() {
    let Some(mut lab) = Lab::new(Faults::default().first(1, "CreateFleet", Effect::error("AuthFailure", "no"))) else {
        return;
    };
    run(async {
        let mut wanted = request(&token(1), &["a"]);
        wanted.offers = vec![spot("t3.small", "us-east-1a")];
        let error = lab.cloud.launch(&wanted).await.unwrap_err();
        assert_eq!(error.kind, CloudErrorKind::Denied);
        assert_eq!(templates(&lab), 0);
        // The token of the template now stands for one that is gone.
        lab.restart(Setting::default());
        wanted.repeated = true;
        let launched = lab.cloud.launch(&wanted).await.unwrap();
        assert_eq!(launched.instances.len(), 1);
        assert_eq!(templates(&lab), 0);
    });
}

#[test]
fn an_offer_without_a_type_is_refused_where_there_are_several() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let mut wanted = request(&token(1), &["a"]);
        wanted.offers = vec![Offer { spot: true, ..Offer::default() }];
        let error = lab.cloud.launch(&wanted).await.unwrap_err();
        assert!(error.message.contains("without an instance type"), "{error}");
        assert_eq!(lab.proxy.calls().len(), 0);
    });
}
