//! Requests that other processes leave to a fleet's scaler.

use std::path::Path;

use hoist::scaler::{FleetBatch, FleetEvent, FleetRequest, Overrides, RequestAnswer};
use hoist::state::{Owner, StateError, StateFile};
use rusqlite::Connection;
use tempfile::tempdir;

use crate::state::fleet_support::{answer, fleet_name, launch, machines, open_requests, record_events};
use crate::state::support::{Part, say, wait_for_go};

/// Leaves a request, and says its number and then its answer.
pub(crate) fn ask(file: &Path) {
    let state = StateFile::open_existing(file).unwrap().unwrap();
    let id = state.find_fleet(&fleet_name("night")).unwrap().id;
    let request = state.request_fleet(&id, &pause(), &Owner::current()).unwrap();
    assert_eq!(state.fleet_answer(&id, request).unwrap(), None);
    say(request);
    wait_for_go();
    say(format!("{:?}", state.fleet_answer(&id, request).unwrap()));
    wait_for_go();
}

fn pause() -> FleetRequest {
    FleetRequest::Set { overrides: Overrides { max: Some(4), ..Overrides::default() }, pause: Some(true), reset: false }
}

fn done() -> RequestAnswer {
    RequestAnswer::Done { message: "nothing is launched".to_owned() }
}

#[test]
fn another_process_asks_and_hears_the_answer() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let lock = state.create_fleet(&fleet_name("night"), &Owner::current()).unwrap();
    assert_eq!(open_requests(&*lock.journal()).unwrap(), []);
    let mut asker = Part::start("ask-fleet", &file, r#"exec "$@""#);
    let request: u64 = asker.hear().parse().unwrap();
    assert_eq!(open_requests(&*lock.journal()).unwrap(), [(request, pause())]);
    let overrides = Overrides { max: Some(4), paused: true, ..Overrides::default() };
    answer(&*lock.journal(), request, &done(), vec![FleetEvent::Overridden { overrides: overrides.clone() }]).unwrap();
    asker.go_on();
    assert_eq!(asker.hear(), format!("{:?}", Some(done())));
    asker.kill();
    assert_eq!(open_requests(&*lock.journal()).unwrap(), []);
    assert_eq!(state.fleet(lock.id()).unwrap().overrides, overrides);
}

#[test]
fn a_request_waits_for_the_next_scaler_and_is_carried_out_once() {
    let directory = tempdir().unwrap();
    let state = StateFile::open(&directory.path().join("hoist.db")).unwrap();
    let me = Owner::current();
    let id = state.create_fleet(&fleet_name("night"), &me).unwrap().id().clone();
    let other = state.create_fleet(&fleet_name("day"), &me).unwrap();
    let drain = FleetRequest::Drain { machines: machines(&["i-1"]) };
    let first = state.request_fleet(&id, &pause(), &me).unwrap();
    let second = state.request_fleet(&id, &drain, &me).unwrap();
    assert_eq!(open_requests(&*other.journal()).unwrap(), [], "they are of another fleet");
    let lock = state.lock_fleet(&id, &me).unwrap();
    assert_eq!(open_requests(&*lock.journal()).unwrap(), [(first, pause()), (second, drain)]);

    // A batch that is refused leaves the request open.
    let batch = FleetBatch { maximum: Some(0), ..FleetBatch::events(jiff::Timestamp::now(), vec![launch("t-1", 1)]) };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    assert!(runtime.block_on(lock.journal().answer(first, &done(), &batch)).is_err());
    assert_eq!(state.fleet_answer(&id, first).unwrap(), None);
    answer(&*lock.journal(), first, &done(), Vec::new()).unwrap();
    let again = answer(&*lock.journal(), first, &done(), vec![launch("t-1", 1)]).unwrap_err();
    assert_eq!(again.message, format!("fleet night has no open request {first}"));
    assert_eq!(state.fleet(&id).unwrap().sequence, 0);
    assert!(matches!(state.fleet_answer(&id, 99), Err(StateError::NoRequest { request: 99, .. })));
    assert!(matches!(state.fleet_answer(other.id(), first), Err(StateError::NoRequest { .. })));
}

#[test]
fn a_fleet_that_ends_refuses_what_is_asked_of_it() {
    let directory = tempdir().unwrap();
    let state = StateFile::open(&directory.path().join("hoist.db")).unwrap();
    let me = Owner::current();
    let lock = state.create_fleet(&fleet_name("night"), &me).unwrap();
    let stop = state.request_fleet(lock.id(), &FleetRequest::Stop { keep_workers: false, now: false }, &me).unwrap();
    let late = state.request_fleet(lock.id(), &pause(), &me).unwrap();
    answer(&*lock.journal(), stop, &done(), vec![FleetEvent::StopIntended { keep_workers: false, now: false }])
        .unwrap();
    assert_eq!(state.fleet_answer(lock.id(), late).unwrap(), None);
    record_events(&*lock.journal(), vec![FleetEvent::Ended { kept: Vec::new() }]).unwrap();
    let refused = RequestAnswer::Refused { message: "fleet night has ended".to_owned(), hint: None };
    assert_eq!(state.fleet_answer(lock.id(), late).unwrap(), Some(refused));
    assert_eq!(state.fleet_answer(lock.id(), stop).unwrap(), Some(done()));
    let error = state.request_fleet(lock.id(), &pause(), &me).unwrap_err();
    assert_eq!(error.to_string(), "fleet night has ended");
    assert_eq!(error.hint().unwrap(), "hoist elastic list shows the fleets that have not ended");
}

#[test]
fn answers_are_kept_for_a_while_and_open_requests_for_ever() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let me = Owner::current();
    let lock = state.create_fleet(&fleet_name("night"), &me).unwrap();
    let forgotten = state.request_fleet(lock.id(), &pause(), &me).unwrap();
    let first = state.request_fleet(lock.id(), &pause(), &me).unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let at = |days: i64| crate::state::fleet_support::second(days * 24 * 3600);
    let answer_at = |request, days| {
        let batch = FleetBatch::events(at(days), Vec::new());
        runtime.block_on(lock.journal().answer(request, &done(), &batch)).unwrap();
    };
    answer_at(first, 0);
    let second = state.request_fleet(lock.id(), &pause(), &me).unwrap();
    answer_at(second, 6);
    assert_eq!(state.fleet_answer(lock.id(), first).unwrap(), Some(done()));
    let third = state.request_fleet(lock.id(), &pause(), &me).unwrap();
    answer_at(third, 8);
    assert!(matches!(state.fleet_answer(lock.id(), first), Err(StateError::NoRequest { .. })));
    assert_eq!(state.fleet_answer(lock.id(), second).unwrap(), Some(done()));
    assert_eq!(open_requests(&*lock.journal()).unwrap(), [(forgotten, pause())]);
}

#[test]
fn a_request_that_was_tampered_with_is_not_carried_out() {
    for tamper in [
        "UPDATE fleet_requests SET request = replace(request, '4', '9')",
        "UPDATE fleet_requests SET at = at + 1",
        "UPDATE fleet_requests SET answered_at = NULL, answer = NULL WHERE id = 1",
    ] {
        let directory = tempdir().unwrap();
        let file = directory.path().join("hoist.db");
        let state = StateFile::open(&file).unwrap();
        let me = Owner::current();
        let lock = state.create_fleet(&fleet_name("night"), &me).unwrap();
        let first = state.request_fleet(lock.id(), &pause(), &me).unwrap();
        answer(&*lock.journal(), first, &done(), Vec::new()).unwrap();
        state.request_fleet(lock.id(), &pause(), &me).unwrap();
        Connection::open(&file).unwrap().execute_batch(tamper).unwrap();
        let error = open_requests(&*lock.journal()).unwrap_err();
        assert!(error.message.contains("is not what was written"), "{tamper}: {}", error.message);
    }
}
