//! Leases that are renewed: what the machines are launched with, and the calls that move their ends.

use std::collections::BTreeSet;

use hoist::provider::{Cloud, CloudErrorKind, LaunchRequest, TAG_EXPIRES, TAG_FLEET};
use hoist_test_support::aws::{Effect, Faults, REGION};
use jiff::Timestamp;

use crate::ec2::lab::{Lab, Setting, request, run, spot, token};

fn first() -> Timestamp {
    "2099-01-01T00:00:00Z".parse().unwrap()
}

fn later() -> Timestamp {
    "2099-01-01T01:00:00.9Z".parse().unwrap()
}

/// A request for so many workers of a fleet, with a lease.
fn workers(number: usize, count: usize) -> LaunchRequest {
    let names: Vec<String> = (0..count).map(|index| format!("w-{number}-{index}")).collect();
    let mut wanted = request(&token(number), &names.iter().map(String::as_str).collect::<Vec<_>>());
    wanted.expires_at = Some(first());
    wanted.tags.insert(TAG_EXPIRES.to_owned(), first().to_string());
    wanted.tags.insert(TAG_FLEET.to_owned(), "fleet/render/0123456789ab".to_owned());
    wanted
}

async fn launched(lab: &Lab, wanted: &LaunchRequest) -> Vec<String> {
    lab.cloud.launch(wanted).await.unwrap().instances.into_iter().map(|instance| instance.id).collect()
}

fn ends(lab: &Lab) -> BTreeSet<String> {
    lab.proxy.living().into_iter().map(|instance| instance.tags[TAG_EXPIRES].clone()).collect()
}

#[test]
fn workers_are_launched_so_that_they_see_their_tags_and_others_are_not() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let id = launched(&lab, &workers(1, 1)).await.remove(0);
        let plain = LaunchRequest { tags: request(&token(2), &["a"]).tags, ..workers(2, 1) };
        let plain = launched(&lab, &plain).await.remove(0);
        let sent = |call: usize, name: &str| lab.calls("RunInstances")[call].parameters.get(name).map(str::to_owned);
        assert_eq!(sent(0, "MetadataOptions.InstanceMetadataTags").as_deref(), Some("enabled"));
        assert_eq!(sent(0, "InstanceInitiatedShutdownBehavior").as_deref(), Some("terminate"));
        assert_eq!(sent(1, "MetadataOptions.InstanceMetadataTags"), None);
        let data = |id: &str| String::from_utf8(lab.proxy.user_data(REGION, id)).unwrap();
        let tag = "tag=latest/meta-data/tags/instance/hoist:expires-at\n";
        assert!(data(&id).contains(tag) && data(&id).contains("end=4070908800\n"), "{}", data(&id));
        assert!(!data(&plain).contains(tag) && data(&plain).contains("end=4070908800\n"), "{}", data(&plain));

        let several = LaunchRequest {
            offers: vec![spot("t3.small", "us-east-1a"), spot("t3.medium", "us-east-1a")],
            ..workers(3, 1)
        };
        launched(&lab, &several).await;
        let template = &lab.calls("CreateLaunchTemplate")[0].parameters;
        assert_eq!(template.get("LaunchTemplateData.MetadataOptions.InstanceMetadataTags"), Some("enabled"));
    });
}

#[test]
fn a_tag_that_the_metadata_service_does_not_take_is_found_before_a_launch() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let tagged = |mut wanted: LaunchRequest| {
            wanted
                .tags
                .extend(["cost center", "k8s.io/x", "_index", "a+b-c=d.e,f_g:h@i"].map(|key| (key.into(), "x".into())));
            wanted
        };
        let found = lab.cloud.check(&[tagged(workers(1, 1))]).await.unwrap();
        let found: Vec<&str> = found.iter().filter_map(|error| error.message.split('"').nth(1)).collect();
        assert_eq!(found, ["_index", "cost center", "k8s.io/x"]);
        assert_eq!(lab.cloud.check(&[tagged(request(&token(2), &["a"]))]).await.unwrap().len(), 0);
    });
}

#[test]
fn a_thousand_leases_are_renewed_by_one_call_and_what_is_gone_is_left_out() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let mut ids = launched(&lab, &workers(1, 600)).await;
        ids.extend(launched(&lab, &workers(2, 450)).await);
        assert!(lab.cloud.capabilities().renews);
        assert_eq!(lab.cloud.renew(&ids, later()).await.unwrap(), ids);
        let sizes: Vec<usize> = lab
            .calls("CreateTags")
            .iter()
            .map(|call| (1..).take_while(|number| call.parameters.has(&format!("ResourceId.{number}"))).count())
            .collect();
        assert_eq!(sizes, [1000, 50]);
        assert_eq!(ends(&lab), ["2099-01-01T01:00:00Z".to_owned()].into());

        // One is terminated and still shown, two were never there; they stand among those that live.
        lab.cloud.terminate(&ids[3..4]).await.unwrap();
        let unknown = ["i-0123456789abcdef0".to_owned(), "i-0123456789abcdef1".to_owned()];
        let asked = [&ids[..3], &unknown[..1], &ids[3..5], &unknown[1..]].concat();
        assert_eq!(lab.cloud.renew(&asked, first()).await.unwrap(), [&ids[..3], &ids[4..5]].concat());
        assert_eq!(lab.cloud.renew(&unknown, first()).await.unwrap(), [""; 0]);
        assert_eq!(lab.cloud.renew(&[], first()).await.unwrap(), [""; 0]);
    });
}

#[test]
fn a_renewal_whose_answer_is_lost_is_made_again_and_one_that_is_refused_moves_nothing() {
    for effect in [Effect::LostAfter, Effect::LostBefore, Effect::CutShort, Effect::Page(503), Effect::throttled()] {
        let Some(lab) = Lab::new(Faults::default().first(2, "CreateTags", effect.clone())) else { return };
        run(async {
            let ids = launched(&lab, &workers(1, 2)).await;
            assert_eq!(lab.cloud.renew(&ids, later()).await.unwrap(), ids, "{effect:?}");
            assert_eq!(ends(&lab), ["2099-01-01T01:00:00Z".to_owned()].into(), "{effect:?}");
            assert_eq!(lab.proxy.count("CreateTags"), 3, "{effect:?}");
        });
    }
    let denied = "You are not authorized to perform: ec2:CreateTags";
    let faults = Faults::default().always("CreateTags", Effect::error("UnauthorizedOperation", denied));
    let Some(lab) = Lab::new(faults) else { return };
    run(async {
        let ids = launched(&lab, &workers(1, 2)).await;
        let refused = lab.cloud.renew(&ids, later()).await.unwrap_err();
        assert_eq!(refused.kind, CloudErrorKind::Denied, "{refused}");
        assert!(refused.message.contains("the leases of 2 machines"), "{refused}");
        assert_eq!(ends(&lab), [first().to_string()].into());
    });
}

#[test]
fn an_unknown_id_that_the_message_does_not_name_does_not_keep_the_others_from_their_lease() {
    let nameless = Effect::error("InvalidInstanceID.NotFound", "Some instances do not exist");
    let Some(lab) = Lab::new(Faults::default().first(1, "CreateTags", nameless)) else { return };
    run(async {
        let ids = launched(&lab, &workers(1, 5)).await;
        assert_eq!(lab.cloud.renew(&ids, later()).await.unwrap(), ids);
        assert_eq!(lab.proxy.count("CreateTags"), 3, "all, and the halves");
    });
}

#[test]
fn a_cloud_that_only_speaks_the_language_says_that_it_renews_nothing() {
    let Some(lab) = Lab::with(Faults::default(), Setting { compatible: true, ..Setting::default() }) else { return };
    run(async {
        let capabilities = lab.cloud.capabilities();
        assert!(!capabilities.renews);
        assert!(capabilities.lacks.iter().any(|lack| lack.contains("leases are not renewed")), "{capabilities:?}");
        let ids = launched(&lab, &workers(1, 1)).await;
        let data = String::from_utf8(lab.proxy.user_data(REGION, &ids[0])).unwrap();
        assert!(data.contains("end=4070908800\n") && !data.contains("meta-data/tags"), "{data}");
        assert_eq!(lab.cloud.renew(&ids, later()).await.unwrap_err().kind, CloudErrorKind::Rejected);
        assert_eq!(ends(&lab), [first().to_string()].into());
    });
}
