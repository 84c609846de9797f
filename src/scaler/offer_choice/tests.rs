use jiff::SignedDuration;

use super::*;
use crate::elastic::engine::{MachineId, Reason};
use crate::provider::{CapacityError, InstanceSpec};
use crate::scaler::fleet_event::{FleetEvent, NewWorker};
use crate::scaler::fleet_id::FleetId;
use crate::scaler::launch_intent::LaunchIntent;

fn offer(instance_type: &str, spot: bool) -> Offer {
    Offer { spot, instance_type: Some(instance_type.into()), ..Offer::default() }
}

fn spec(offers: &[Offer]) -> KindSpec {
    KindSpec { machine: InstanceSpec { offers: offers.to_vec(), ..InstanceSpec::default() }, ..KindSpec::default() }
}

fn later(seconds: i64) -> Timestamp {
    Timestamp::UNIX_EPOCH + SignedDuration::from_secs(seconds)
}

fn fleet() -> Fleet {
    let id = FleetId { name: "night".parse().unwrap(), nonce: "0123456789ab".into() };
    Fleet::new(id, Timestamp::UNIX_EPOCH)
}

fn kind() -> Arc<str> {
    "big".into()
}

/// A call with these offers; returns its token.
fn ask(fleet: &mut Fleet, offers: &[Offer], at: i64) -> String {
    let token = format!("t-{}", fleet.sequence);
    let intent = LaunchIntent {
        token: token.clone(),
        decision: 0,
        kind: kind(),
        names: vec![format!("night-{}", fleet.sequence)],
        offers: offers.to_vec(),
        slot: None,
        variables: Default::default(),
        expires_at: Timestamp::MAX,
        price: None,
        owner: "ada".into(),
        state: None,
        digest: String::new(),
        reason: Reason::Error { failed: 1 },
    };
    fleet.apply(later(at), &FleetEvent::LaunchIntended { intent: Box::new(intent) });
    token
}

fn refuse(fleet: &mut Fleet, refused: &[Offer], at: i64) {
    let token = ask(fleet, refused, at);
    let refusals = refused.iter().map(|offer| CapacityError { offer: offer.clone(), reason: "none".into() }).collect();
    fleet.apply(later(at), &FleetEvent::Launched { token, workers: Vec::new(), refusals, error: None });
}

/// Launches a machine that the cloud shows with this offer.
fn launch(fleet: &mut Fleet, offers: &[Offer], shown: &Offer, at: i64) -> Vec<MachineId> {
    let token = ask(fleet, offers, at);
    let id = MachineId::new(format!("i-{}", fleet.sequence));
    let worker = NewWorker { index: 0, id: id.clone(), launched_at: later(at), offer: Some(shown.clone()) };
    fleet.apply(later(at), &FleetEvent::Launched { token, workers: vec![worker], refusals: Vec::new(), error: None });
    vec![id]
}

fn fail(fleet: &mut Fleet, offers: &[Offer], shown: &Offer, at: i64) {
    let machines = launch(fleet, offers, shown, at);
    fleet.apply(later(at + 600), &never_joined(machines));
}

fn never_joined(machines: Vec<MachineId>) -> FleetEvent {
    FleetEvent::TerminationIntended { machines, reason: Some(Reason::NeverJoined { allowed: 600 }) }
}

fn choose(fleet: &Fleet, offers: &[Offer], count: u32, at: i64) -> OfferChoice {
    fleet.choose_offers((&kind(), &spec(offers)), (count, Market::AsDescribed), later(at))
}

fn calls(calls: &[(&[&Offer], u32)]) -> Vec<(Vec<Offer>, u32)> {
    calls.iter().map(|(offers, count)| (offers.iter().copied().cloned().collect(), *count)).collect()
}

#[test]
fn an_offer_without_capacity_is_left_out_for_a_while_and_calls_are_of_one_market() {
    let offers = [offer("a", true), offer("b", true), offer("a", false)];
    let [a, b, c] = &offers;
    let mut fleet = fleet();
    assert_eq!(choose(&fleet, &offers, 5, 0).calls, calls(&[(&[a, b], 5)]));
    refuse(&mut fleet, &offers[..2], 0);
    assert_eq!(choose(&fleet, &offers, 5, 179).calls, calls(&[(&[c], 5)]));
    refuse(&mut fleet, &offers[2..], 100);
    let none = OfferChoice { calls: Vec::new(), limit: Some(Limit::NoOffer { until: 180 }) };
    assert_eq!(choose(&fleet, &offers, 5, 179), none);
    assert_eq!(choose(&fleet, &offers, 5, 180).calls, calls(&[(&[a, b], 5)]));
    // What is stored is the same.
    let stored: Fleet = serde_json::from_str(&serde_json::to_string(&fleet).unwrap()).unwrap();
    assert_eq!(choose(&stored, &offers, 5, 179), none);
    assert_eq!(stored, fleet);
}

#[test]
fn the_market_of_a_decision_goes_before_that_of_the_kind() {
    let spec = spec(&[offer("a", false)]);
    assert_eq!(spec.offers(Market::Spot), [offer("a", true)]);
    assert_eq!(spec.offers(Market::OnDemand), [offer("a", false)]);
    // One offer twice is one.
    let both = KindSpec {
        machine: InstanceSpec { offers: vec![offer("a", true), offer("a", false)], ..spec.machine },
        ..spec
    };
    assert_eq!(both.offers(Market::Spot), [offer("a", true)]);
}

#[test]
fn an_offer_whose_machines_fail_is_left_out_and_probed_by_one() {
    let offers = [offer("a", false), offer("b", false)];
    let [a, b] = &offers;
    let mut fleet = fleet();
    fail(&mut fleet, &offers, a, 0);
    assert_eq!(choose(&fleet, &offers, 5, 601).calls, calls(&[(&[a, b], 5)]));
    fail(&mut fleet, &offers, a, 601);
    let open = OfferChoice { calls: calls(&[(&[b], 5)]), limit: None };
    assert_eq!(choose(&fleet, &offers, 5, 1202), open);
    let left_out = |fleet: &Fleet, at| fleet.offers_left_out(&kind(), &spec(&offers), later(at));
    let note = |until| {
        let by = Limit::Breaker { failures: 2, until };
        vec![Note::OfferLeftOut { kind: kind(), offer: "on-demand a".into(), by }]
    };
    assert_eq!(left_out(&fleet, 1202), note(Some(1231)));
    // After the pause one machine probes it, beside the others.
    assert_eq!(choose(&fleet, &offers, 5, 1231).calls, calls(&[(&[a], 1), (&[b], 4)]));
    assert_eq!(choose(&fleet, &offers, 1, 1231).calls, calls(&[(&[a], 1)]));
    let probe = launch(&mut fleet, &offers[..1], a, 1231);
    assert_eq!(choose(&fleet, &offers, 5, 1232), open);
    assert_eq!(left_out(&fleet, 1232), note(None));
    // When it stays up, all is as before.
    fleet.apply(later(1300), &FleetEvent::Joined { machines: probe });
    assert_eq!(choose(&fleet, &offers, 5, 1660).calls, calls(&[(&[a, b], 5)]));
    assert_eq!(left_out(&fleet, 1660), Vec::new());
}

#[test]
fn the_only_offer_is_the_kinds_affair_and_so_is_an_offer_that_is_not_preferred() {
    let offers = [offer("a", false), offer("b", false)];
    let [a, b] = &offers;
    let mut fleet = fleet();
    for at in [0, 700] {
        fail(&mut fleet, &offers[..1], a, at);
    }
    assert_eq!(choose(&fleet, &offers[..1], 5, 1301).calls, calls(&[(&[a], 5)]));
    // It is probed where it comes first, and not needed where it comes last.
    assert_eq!(choose(&fleet, &offers, 5, 5000).calls, calls(&[(&[a], 1), (&[b], 4)]));
    let turned = [b.clone(), a.clone()];
    assert_eq!(choose(&fleet, &turned, 5, 5000).calls, calls(&[(&[b], 5)]));
    // Another kind's image may boot there.
    let other = fleet.choose_offers((&"small".into(), &spec(&offers)), (5, Market::AsDescribed), later(1301));
    assert_eq!(other.calls, calls(&[(&[a, b], 5)]));
}

#[test]
fn when_several_offers_fail_and_nothing_serves_the_rest_is_probed_one_by_one() {
    let offers = ["a", "b", "c", "d"].map(|name| offer(name, false));
    let [a, b, c, _] = &offers;
    let mut fleet = fleet();
    for shown in [a, a, b, b] {
        fail(&mut fleet, &offers, shown, 0);
        fleet.apply(later(700), &FleetEvent::Renewed { machines: Vec::new(), until: later(0) });
    }
    // Rounds are told apart by their times.
    for (shown, at) in [(a, 700), (b, 701)] {
        fail(&mut fleet, &offers, shown, at);
    }
    assert_eq!(choose(&fleet, &offers, 5, 1302).calls, calls(&[(&[c], 1)]));
    let probe = launch(&mut fleet, std::slice::from_ref(c), c, 1302);
    let waits = choose(&fleet, &offers, 5, 1303);
    assert!(waits.calls.is_empty() && waits.limit.is_some(), "{waits:?}");
    fleet.apply(later(1400), &FleetEvent::Joined { machines: probe });
    let opened = choose(&fleet, &offers, 5, 1400);
    assert!(opened.calls.iter().any(|(tried, _)| tried.contains(c)), "{opened:?}");
    assert_eq!(opened.calls.iter().map(|(_, count)| count).sum::<u32>(), 5);
}
