use jiff::Timestamp;

use super::super::fleet_event::NewWorker;
use super::super::fleet_id::FleetId;
use super::super::launch_intent::LaunchIntent;
use super::*;
use crate::elastic::engine::{MachineId, Reason};

fn fleet() -> Fleet {
    let id = FleetId { name: "night".parse().unwrap(), nonce: "0123456789ab".to_owned() };
    Fleet::new(id, Timestamp::UNIX_EPOCH)
}

fn launch(token: &str, count: usize) -> FleetEvent {
    let intent = LaunchIntent {
        token: token.to_owned(),
        decision: 0,
        kind: "worker".into(),
        names: (0..count).map(|index| format!("{token}-{index}")).collect(),
        offers: Vec::new(),
        slot: None,
        variables: Default::default(),
        expires_at: Timestamp::MAX,
        price: None,
        owner: "ada@lovelace".to_owned(),
        state: None,
        digest: String::new(),
        reason: Reason::Error { failed: 1 },
    };
    FleetEvent::LaunchIntended { intent: Box::new(intent) }
}

fn batch(events: Vec<FleetEvent>, maximum: u32) -> FleetBatch {
    FleetBatch { maximum: Some(maximum), ..FleetBatch::events(Timestamp::UNIX_EPOCH, events) }
}

fn after(events: &[FleetEvent]) -> Fleet {
    let mut fleet = fleet();
    events.iter().for_each(|event| fleet.apply(Timestamp::UNIX_EPOCH, event));
    fleet
}

#[test]
fn the_maximum_counts_what_lives_and_what_is_asked_for() {
    let fleet = after(&[launch("a", 3)]);
    assert_eq!(fleet.admit(&batch(vec![launch("b", 2)], 5)), Ok(()));
    assert_eq!(
        fleet.admit(&batch(vec![launch("b", 1), launch("c", 2)], 5)),
        Err(NotAdmitted::AboveMaximum { asked: 3, after: 6, maximum: 5 })
    );
    // No launch needs no place.
    assert_eq!(fleet.admit(&batch(vec![FleetEvent::StopIntended { keep_workers: false, now: false }], 0)), Ok(()));
}

#[test]
fn a_machine_whose_end_is_intended_leaves_its_place() {
    let machine = MachineId::new("i-1");
    let worker = NewWorker { index: 0, id: machine.clone(), launched_at: Timestamp::UNIX_EPOCH, offer: None };
    let launched =
        FleetEvent::Launched { token: "a".to_owned(), workers: vec![worker], refusals: Vec::new(), error: None };
    let fleet = after(&[launch("a", 1), launched]);
    let end = FleetEvent::TerminationIntended { machines: vec![machine], reason: None };
    assert!(matches!(fleet.admit(&batch(vec![launch("b", 1)], 1)), Err(NotAdmitted::AboveMaximum { .. })));
    assert_eq!(fleet.admit(&batch(vec![end, launch("b", 1)], 1)), Ok(()));
}

#[test]
fn nothing_is_launched_twice_nor_for_a_fleet_that_ends() {
    let taken = NotAdmitted::TokenTaken { token: "a".to_owned() };
    assert_eq!(after(&[launch("a", 1)]).admit(&batch(vec![launch("a", 1)], 9)), Err(taken.clone()));
    assert_eq!(fleet().admit(&batch(vec![launch("a", 1), launch("a", 1)], 9)), Err(taken));
    let stop = FleetEvent::StopIntended { keep_workers: false, now: false };
    assert_eq!(after(std::slice::from_ref(&stop)).admit(&batch(vec![launch("a", 1)], 9)), Err(NotAdmitted::Stopping));
    let ended = after(&[stop.clone(), FleetEvent::Ended { kept: Vec::new() }]);
    assert_eq!(ended.admit(&batch(vec![stop], 9)), Err(NotAdmitted::Ended));
    assert_eq!(ended.admit(&batch(Vec::new(), 9)), Ok(()));
}
