//! Offers: tried in the plan's order, and left alone for a while where they had no capacity.

use std::collections::BTreeMap;
use std::time::Duration;

use hoist::cloud::sim::{Delay, SimConfig};
use hoist::engine::{DriveResult, Goal, Phase, Stage, StopRequest};
use hoist::plan::{Lease, Market, Plan, Text};
use hoist::provider::Offer;

use tokio::sync::watch;

use crate::engine::lab::{Lab, UP};
use crate::simulated::virtual_time;

fn offer(spot: bool, instance_type: &str, zone: &str) -> Offer {
    Offer { spot, instance_type: Some(instance_type.to_owned()), zone: Some(zone.to_owned()), subnet: None }
}

/// Every service may be launched as two types in two zones, spot first.
fn eight_offers(plan: &mut Plan) {
    for launch in plan.levels.iter_mut().flat_map(|level| &mut level.services).filter_map(|it| it.launch.as_mut()) {
        launch.instance_types = vec![Text::from("small"), Text::from("large")];
        launch.zones = vec![Text::from("a"), Text::from("b")];
        launch.markets = vec![Market::Spot, Market::OnDemand];
    }
}

fn config(capacity: &[(Offer, usize)]) -> SimConfig {
    let capacity = capacity.iter().cloned().collect::<BTreeMap<_, _>>();
    SimConfig { capacity, ..SimConfig::default() }
}

fn lab(capacity: &[(Offer, usize)], levels: &[&[&str]]) -> Lab {
    Lab::new(config(capacity), levels, eight_offers)
}

/// No spot capacity at all but one machine, and none of the first on-demand offer.
fn scarce() -> Vec<(Offer, usize)> {
    let spot = ["small", "large"].into_iter().flat_map(|kind| ["a", "b"].map(|zone| (offer(true, kind, zone), 0)));
    let mut capacity: Vec<_> = spot.collect();
    capacity[2].1 = 1;
    capacity.push((offer(false, "small", "a"), 0));
    capacity
}

#[test]
fn what_an_offer_lacks_comes_from_the_next_ones() {
    virtual_time(async {
        let mut lab = lab(&scarce(), &[&["a", "b", "c", "d"]]);
        assert_eq!(lab.boot().await, DriveResult::Up);
        lab.assert_up();
        assert_eq!(lab.cloud.launched().len(), 4, "one machine a service");
        let asked = lab.cloud.asked();
        assert!(asked.values().all(|&times| times == 1), "{asked:?}");
        assert_eq!(lab.launches().len(), 2, "one call a market");
    });
}

#[test]
fn an_offer_without_capacity_is_left_alone_for_three_minutes() {
    virtual_time(async {
        // Each level takes a minute and a bit to come up.
        let config = SimConfig { boot: Delay::fixed(Duration::from_secs(60)), ..config(&scarce()) };
        let mut lab = Lab::new(config, &[&["a"], &["b"], &["c"], &["d"]], eight_offers);
        lab.plan.levels.iter_mut().flat_map(|level| &mut level.services).enumerate().for_each(|(number, service)| {
            // Different machines, so that each needs a call of its own.
            service.launch.as_mut().unwrap().tags.insert("number".to_owned(), Text::from(number.to_string()));
        });
        assert_eq!(
            lab.go(|driver| driver.set_goal(Goal::Up { repairs: 0, by_level: true, dependents: false })).await,
            DriveResult::Up
        );
        lab.assert_up();
        let asked = lab.cloud.asked();
        // Asked at the start, left alone for the next two levels, asked again for the last.
        assert_eq!(asked[&offer(true, "small", "a")], 2, "{asked:?}");
        // Asked for the second level first, so its three minutes are not over for the last.
        assert_eq!(asked[&offer(false, "small", "a")], 1, "{asked:?}");
        assert_eq!(lab.cloud.alive().len(), 4);
    });
}

#[test]
fn when_nothing_has_capacity_the_failure_shows_every_attempt() {
    virtual_time(async {
        let everything: Vec<_> = [true, false]
            .into_iter()
            .flat_map(|spot| {
                ["small", "large"].into_iter().flat_map(move |kind| ["a", "b"].map(|zone| (spot, kind, zone)))
            })
            .map(|(spot, kind, zone)| (offer(spot, kind, zone), usize::from(kind == "large" && zone == "b")))
            .collect();
        let mut lab = lab(&everything, &[&["a", "b", "c", "d"]]);
        assert_eq!(lab.boot().await, DriveResult::Failed);
        assert_eq!(lab.cloud.alive().len(), 2, "what there was is kept");
        let failed: Vec<_> = ["a", "b", "c", "d"]
            .into_iter()
            .filter_map(|name| match lab.phase(name) {
                Phase::Failed(failure) => Some(failure),
                _ => None,
            })
            .collect();
        assert_eq!(failed.len(), 2);
        let failure = &failed[0];
        assert_eq!((failure.stage, failure.reason.as_str()), (Stage::Launch, "none of 8 offers had capacity"));
        let lines = [
            "spot small in a       it had 0 (simulated)",
            "spot small in b       it had 0 (simulated)",
            "spot large in a       it had 0 (simulated)",
            "spot large in b       it had 1 (simulated)",
            "on-demand small in a  it had 0 (simulated)",
            "on-demand small in b  it had 0 (simulated)",
            "on-demand large in a  it had 0 (simulated)",
            "on-demand large in b  it had 1 (simulated)",
        ];
        assert_eq!(failure.tried, lines);
        assert_eq!(lab.resume().await, DriveResult::Failed, "a person may try again at once");
        assert_eq!(lab.cloud.asked()[&offer(true, "small", "a")], 2);
        assert_eq!(lab.terminate().await, DriveResult::Terminated);
        lab.assert_gone();
    });
}

#[test]
fn every_cut_between_offers_ends_with_one_machine_a_service() {
    virtual_time(async {
        let mut uncut = lab(&scarce(), &[&["a", "b", "c"]]);
        assert_eq!(uncut.boot().await, DriveResult::Up);
        for cut in 1..uncut.records.len() {
            let mut lab = lab(&scarce(), &[&["a", "b", "c"]]);
            let (_keep, stop) = watch::channel(StopRequest::None);
            let _ = lab.try_go(stop, Some(cut), |driver| driver.set_goal(UP)).await;
            assert_eq!(lab.resume().await, DriveResult::Up, "cut after {cut}");
            lab.assert_up();
            assert_eq!(lab.cloud.alive().len(), 3, "cut after {cut}");
            assert_eq!(lab.terminate().await, DriveResult::Terminated);
            lab.assert_gone();
        }
    });
}

#[test]
fn a_lease_is_told_to_the_cloud_and_counts_from_the_launch() {
    virtual_time(async {
        let lease = Lease::For(Duration::from_secs(6 * 3600));
        let mut lab = Lab::new(SimConfig::default(), &[&["a"]], |plan| plan.lease = Some(lease));
        assert_eq!(lab.boot().await, DriveResult::Up);
        let instance = &lab.cloud.launched()[0].instance;
        let end: jiff::Timestamp = instance.tags["hoist:expires-at"].parse().unwrap();
        let length = end.duration_since(instance.launched_at).as_secs();
        assert!((6 * 3600 - 5..=6 * 3600).contains(&length), "{length}");
    });
}

#[test]
fn nothing_is_launched_for_a_lease_that_has_ended() {
    virtual_time(async {
        let past = jiff::Timestamp::now() - Duration::from_secs(60);
        let mut lab = Lab::new(SimConfig::default(), &[&["a"]], |plan| plan.lease = Some(Lease::Until(past)));
        assert_eq!(lab.boot().await, DriveResult::Failed);
        assert!(lab.cloud.launched().is_empty());
        let Phase::Failed(failure) = lab.phase("a") else { panic!() };
        assert!(failure.reason.contains("in the past"), "{failure:?}");
    });
}
