//! What else EC2 is asked: what is left, images, prices, regions, who we are.

use hoist::provider::{Cloud, ImageFilter, LeftoverKind, Offer, TAG_RUN};

use crate::ec2::lab::{Lab, offer, request, run, token};
use hoist_test_support::aws::{Effect, Faults};

#[test]
fn what_is_left_is_found_by_its_tag_and_removed() {
    // The template of a fleet stays, since nobody could remove it.
    let stuck = Effect::error("UnauthorizedOperation", "You are not authorized to perform: ec2:DeleteLaunchTemplate");
    let Some(lab) = Lab::new(Faults::default().first(1, "DeleteLaunchTemplate", stuck)) else { return };
    run(async {
        let mut wanted = request(&token(1), &["a"]);
        wanted.offers = vec![offer("t3.small"), offer("t3.medium")];
        let launched = lab.cloud.launch(&wanted).await.unwrap();
        let tag = [
            ("TagSpecification.1.ResourceType", "volume"),
            ("TagSpecification.1.Tag.1.Key", TAG_RUN),
            ("TagSpecification.1.Tag.1.Value", "web.1"),
            ("AvailabilityZone", "us-east-1a"),
            ("Size", "30"),
        ];
        lab.proxy.ask("CreateVolume", &tag);
        let other = [("AvailabilityZone", "us-east-1a"), ("Size", "40")];
        lab.proxy.ask("CreateVolume", &other);

        // What belongs to a machine that lives goes with it.
        let left = lab.cloud.leftovers(Some("web.1")).await.unwrap().found;
        let kinds: Vec<LeftoverKind> = left.iter().map(|leftover| leftover.kind).collect();
        assert_eq!(kinds, [LeftoverKind::Volume, LeftoverKind::LaunchTemplate], "{left:?}");
        assert!(left[0].bills && left[0].detail.contains("30 GiB"), "{left:?}");
        assert!(left.iter().all(|leftover| leftover.run.as_deref() == Some("web.1")));
        assert_eq!(lab.cloud.leftovers(None).await.unwrap().found, left);
        assert_eq!(lab.cloud.leftovers(Some("other.1")).await.unwrap().found, []);

        lab.cloud.terminate(&[launched.instances[0].id.clone()]).await.unwrap();
        for leftover in &left {
            lab.cloud.remove_leftover(leftover).await.unwrap();
            // What is gone is removed.
            lab.cloud.remove_leftover(leftover).await.unwrap();
        }
        assert_eq!(lab.cloud.leftovers(None).await.unwrap().found, []);
    });
}

#[test]
fn images_are_listed_newest_first_with_what_they_are() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let all = lab
            .cloud
            .images(&ImageFilter { owner: Some("amazon".to_owned()), ..ImageFilter::default() })
            .await
            .unwrap();
        assert!(all.len() > 10, "{}", all.len());
        assert!(all.is_sorted_by(|one, other| one.created >= other.created));
        let filter = ImageFilter { os: Some("ubuntu-22.04".to_owned()), ..ImageFilter::default() };
        lab.cloud.images(&filter).await.unwrap();
        let asked = lab.calls("DescribeImages").pop().unwrap().parameters;
        assert_eq!(asked.get("Owner.1"), Some("099720109477"));
        let error = lab
            .cloud
            .images(&ImageFilter { os: Some("plan9".to_owned()), ..ImageFilter::default() })
            .await
            .unwrap_err();
        assert!(error.hint.unwrap().contains("debian"));
        let named = ImageFilter { owner: Some("amazon".to_owned()), name: Some("amzn2-*".to_owned()), os: None };
        let found = lab.cloud.images(&named).await.unwrap();
        assert!(found.iter().all(|image| image.name.starts_with("amzn2-")), "{found:?}");
    });
}

#[test]
fn prices_are_the_latest_of_each_zone() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let prices = lab.cloud.spot_prices(&["t3.small".to_owned(), "t3.medium".to_owned()]).await.unwrap();
        assert!(!prices.is_empty());
        let mut places: Vec<_> = prices.iter().map(|price| (&price.instance_type, &price.zone)).collect();
        assert!(prices.iter().all(|price| price.dollars_an_hour.parse::<f64>().unwrap() > 0.0));
        places.dedup();
        assert_eq!(places.len(), prices.len());
    });
}

#[test]
fn the_session_knows_who_we_are_and_where_else_we_could_be() {
    let Some(lab) = Lab::new(Faults::default()) else { return };
    run(async {
        let session = lab.cloud.session();
        let identity = session.identity().await.unwrap();
        assert!(identity.account.is_some() && identity.arn.is_some(), "{identity:?}");
        let regions = session.regions().await.unwrap();
        assert!(regions.contains(&"eu-west-1".to_owned()), "{regions:?}");
        let elsewhere = session.in_region("eu-west-1").await.unwrap();
        assert_eq!(elsewhere.region().await.unwrap(), "eu-west-1");
        let there =
            hoist::cloud::aws::ec2::Ec2Cloud::new(elsewhere.into(), hoist::cloud::aws::ec2::Ec2Options::default());
        lab.cloud.launch(&request(&token(1), &["a"])).await.unwrap();
        assert_eq!(there.describe(&hoist::provider::Selector::ManagedByHoist).await.unwrap(), []);
        let mut wanted = request(&token(1), &["a"]);
        wanted.offers = vec![Offer { zone: Some("eu-west-1a".to_owned()), ..offer("t3.small") }];
        there.launch(&wanted).await.unwrap();
        assert_eq!(lab.proxy.instances_in("eu-west-1").len(), 1);
    });
}
