//! Fleets in the state file: their names, their journals, and one writer each.

use std::path::Path;

use hoist::scaler::{Fleet, FleetBatch, FleetEvent, FleetPhase};
use hoist::state::{
    Elsewhere, FleetLock, LockKind, NewRun, Owner, PassQuery, STALE_AFTER, StateError, StateFile, holds_fleet,
};
use rusqlite::Connection;
use tempfile::tempdir;

use crate::state::fleet_support::{
    acting_pass, fleet_journal, fleet_name, full_batch, launch, launched, machines, memory, pass, record,
    record_events, second,
};
use crate::state::support::{Part, say, wait_for_go};

/// Holds a fleet until told to go on, or killed.
pub(crate) fn hold(file: &Path) {
    let state = StateFile::open(file).unwrap();
    let lock = create(&state, "night");
    say("held");
    wait_for_go();
    drop(lock);
    say("free");
    wait_for_go();
}

/// Records batch after batch, and says how many are committed after each.
pub(crate) fn record_for_ever(file: &Path) {
    let state = StateFile::open(file).unwrap();
    let lock = lock(&state).unwrap();
    let begun = lock.fleet().sequence as usize / 2;
    for number in begun + 1.. {
        let token = format!("t-{number}");
        let events = vec![launch(&token, 1), launched(&token, &[&format!("i-{number}")])];
        record(&*lock.journal(), &full_batch(number, events)).unwrap();
        say(number);
    }
}

fn create(state: &StateFile, name: &str) -> FleetLock {
    state.create_fleet(&fleet_name(name), &Owner::current()).unwrap()
}

fn lock(state: &StateFile) -> Result<FleetLock, StateError> {
    let id = state.find_fleet(&fleet_name("night")).unwrap().id;
    state.lock_fleet(&id, &Owner::current())
}

#[test]
fn what_was_recorded_comes_back() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let lock = create(&state, "night");
    let id = lock.id().clone();
    assert_eq!((&id.name, id.nonce.len()), (&fleet_name("night"), 12));
    assert!(hoist::scaler::FleetId::of_tag(&id.tag()).is_some(), "{}", id.tag());
    let created = Fleet::new(id.clone(), lock.fleet().created_at);
    assert_eq!((lock.fleet(), lock.memory()), (&created, None));
    assert_eq!((state.fleet(&id).unwrap(), state.fleet_memory(&id).unwrap()), (created.clone(), None));
    assert_eq!(state.fleets(false).unwrap()[0].last_pass, None);

    let mut expected = created;
    for (number, event) in (1..).zip(fleet_journal()) {
        let batch = full_batch(number, vec![event.clone()]);
        record(&*lock.journal(), &batch).unwrap();
        expected.apply(batch.at, &event);
        let again = StateFile::open_existing(&file).unwrap().unwrap();
        assert_eq!(again.find_fleet(&fleet_name("night")).unwrap(), expected);
        assert_eq!((again.fleet(&id).unwrap(), again.fleet_memory(&id).unwrap()), (expected.clone(), batch.memory));
        let row = again.fleets(true).unwrap().pop().unwrap();
        assert_eq!((row.record, row.updated_at, row.last_pass), (expected.clone(), batch.at, batch.pass));
    }
    let journal = state.fleet_journal(&id).unwrap();
    assert_eq!(journal.iter().map(|(_, event)| event.clone()).collect::<Vec<_>>(), fleet_journal());
    assert!((1..).zip(&journal).all(|(number, (at, _))| *at == second(number)));
    drop(lock);
    let lock = state.lock_fleet(&id, &Owner::current()).unwrap();
    assert_eq!((lock.fleet(), lock.memory()), (&expected, Some(&memory(fleet_journal().len()))));
    assert_eq!(expected.phase, FleetPhase::Ended);
}

#[test]
fn a_name_is_taken_until_its_fleet_ends_and_ended_ones_stay() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let first = create(&state, "night");
    drop(create(&state, "nightly"));
    let id = first.id().clone();
    let take = || state.create_fleet(&fleet_name("night"), &Owner::current()).unwrap_err();
    let taken = take();
    assert!(matches!(taken, StateError::NameTaken { subject: LockKind::Fleet, .. }));
    assert!(taken.is_of_another_process(), "{taken}");
    assert!(taken.to_string().starts_with("there is a fleet named night already, and it is held by "), "{taken}");
    drop(first);
    let taken = take();
    assert!(!taken.is_of_another_process(), "{taken}");
    assert_eq!(taken.to_string(), "there is a fleet named night already, and it has not ended");
    for way in ["hoist elastic status night", "hoist elastic stop night", "another name"] {
        assert!(taken.hint().unwrap().contains(way), "{taken}");
    }
    let living = state.forget_fleet(&id).unwrap_err();
    assert_eq!(living.to_string(), "fleet night has not ended");
    assert_eq!(living.hint().unwrap(), "end it first: hoist elastic stop night");

    let identity = state.id().unwrap();
    let holds = || holds_fleet(&file, &identity, &id.tag());
    assert_eq!((holds(), holds_fleet(&file, "another", &id.tag())), (Elsewhere::Holds, Elsewhere::Unknown));
    let held = lock(&state).unwrap();
    record_events(&*held.journal(), vec![FleetEvent::Ended { kept: Vec::new() }]).unwrap();
    assert_eq!((holds(), holds_fleet(&file, &identity, "web.0123456789ab")), (Elsewhere::DoesNot, Elsewhere::DoesNot));
    assert!(matches!(state.forget_fleet(&id), Err(StateError::Held { .. })));
    drop(held);
    assert_eq!(StateFile::fleet_names(&file, false), ["nightly"]);
    assert_eq!(StateFile::fleet_names(&file, true), ["night", "nightly"]);
    let second = create(&state, "night");
    assert_ne!(second.id(), &id);
    assert_eq!(&state.find_fleet(&fleet_name("night")).unwrap().id, second.id(), "the one that lives");
    record_events(&*second.journal(), vec![FleetEvent::Ended { kept: Vec::new() }]).unwrap();
    assert_eq!(&state.find_fleet(&fleet_name("night")).unwrap().id, second.id(), "the newest of those that ended");
    assert_eq!((state.fleets(false).unwrap().len(), state.fleets(true).unwrap().len()), (1, 3));

    state.forget_fleet(&id).unwrap();
    assert!(matches!(state.fleet(&id), Err(StateError::FleetNotFound { .. })));
    assert_eq!(state.fleets(true).unwrap().len(), 2);
}

#[test]
fn a_name_that_is_unknown_gets_a_hint() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    assert_eq!(StateFile::fleet_names(&file, true), Vec::<String>::new());
    let state = StateFile::open(&file).unwrap();
    create(&state, "nightly");
    let unknown = state.find_fleet(&fleet_name("nigthly")).unwrap_err();
    assert_eq!(unknown.to_string(), format!("there is no fleet named nigthly in {}", file.display()));
    assert_eq!(unknown.hint().unwrap(), "did you mean nightly?");
    let unknown = state.find_fleet(&fleet_name("zzz")).unwrap_err();
    assert_eq!(unknown.hint().unwrap(), "hoist elastic list --all shows every fleet");
}

#[test]
fn a_live_holder_is_named_and_a_killed_one_is_followed_at_once() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let mut holder = Part::start("hold-fleet", &file, r#"exec "$@""#);
    assert_eq!(holder.hear(), "held");
    let state = StateFile::open(&file).unwrap();
    let error = lock(&state).unwrap_err();
    let StateError::Held { subject: LockKind::Fleet, name, by, .. } = &error else { panic!("{error}") };
    assert_eq!((name.as_str(), by.pid), ("night", holder.child.id().cast_signed()));
    assert!(error.to_string().starts_with("fleet night is held by ") && error.is_of_another_process(), "{error}");
    assert_eq!(state.fleets(false).unwrap()[0].lock.as_ref(), Some(&**by));
    holder.go_on();
    assert_eq!(holder.hear(), "free");
    drop(lock(&state).unwrap());
    holder.kill();

    let other = directory.path().join("other.db");
    let mut holder = Part::start("hold-fleet", &other, r#"exec "$@""#);
    assert_eq!(holder.hear(), "held");
    holder.kill();
    let state = StateFile::open(&other).unwrap();
    assert_eq!(state.fleets(false).unwrap()[0].lock, None);
    record_events(&*lock(&state).unwrap().journal(), vec![launch("t-1", 1)]).unwrap();
}

#[test]
fn who_lost_the_lock_writes_nothing_and_reads_no_requests() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let first = create(&state, "night");
    record_events(&*first.journal(), vec![launch("t-1", 1)]).unwrap();
    assert!(matches!(lock(&state), Err(StateError::Held { .. })), "this process is alive");
    // As if the holder were a process on this machine that is silent since then.
    let silence = i64::try_from(STALE_AFTER.as_millis()).unwrap() + 1000;
    let update =
        "UPDATE fleet_locks SET heartbeat = heartbeat - ?1 * 1000000, heartbeat_uptime = heartbeat_uptime - ?1";
    Connection::open(&file).unwrap().execute(update, [silence]).unwrap();
    let second = lock(&state).unwrap();
    let lost = record_events(&*first.journal(), vec![launch("t-2", 1)]).unwrap_err();
    assert!(lost.lock_lost && lost.hint.unwrap().contains("hoist elastic status night"), "{}", lost.message);
    assert!(crate::state::fleet_support::open_requests(&*first.journal()).unwrap_err().lock_lost);
    record_events(&*second.journal(), vec![launch("t-2", 1)]).unwrap();
    // Giving up what is lost takes nothing from who has it now.
    drop(first);
    record_events(&*second.journal(), vec![launch("t-3", 1)]).unwrap();
    let journal = second.journal();
    drop(second);
    assert!(record_events(&*journal, vec![launch("t-4", 1)]).unwrap_err().lock_lost);
    assert_eq!(state.find_fleet(&fleet_name("night")).unwrap().sequence, 3);
}

#[test]
fn runs_annexes_and_fleets_do_not_know_of_each_others_locks() {
    let directory = tempdir().unwrap();
    let state = StateFile::open(&directory.path().join("hoist.db")).unwrap();
    let fleet = create(&state, "demo");
    let (_, annex) = state.create_annex(&"demo".parse().unwrap(), &Default::default(), &Owner::current()).unwrap();
    let new = NewRun { name: "demo", plan: &crate::state::support::plan("demo") };
    let (_, run) = state.create_run(&new, &Owner::current()).unwrap();
    drop((annex, run));
    assert!(state.fleets(false).unwrap()[0].lock.is_some());
    assert!(state.find("demo").unwrap().lock.is_none() && state.annexes(false).unwrap()[0].lock.is_none());
    drop(fleet);
    assert!(state.fleets(false).unwrap()[0].lock.is_none());
}

#[test]
fn limits_are_those_of_the_file_in_the_same_transaction() {
    let directory = tempdir().unwrap();
    let state = StateFile::open(&directory.path().join("hoist.db")).unwrap();
    let held = create(&state, "night");
    let id = held.id().clone();
    record_events(&*held.journal(), vec![launch("t-1", 2), launched("t-1", &["i-1", "i-2"])]).unwrap();
    drop(held);
    let held = lock(&state).unwrap();
    let batch = |events, maximum| FleetBatch {
        memory: Some(memory(7)),
        pass: Some(pass(7, 7)),
        maximum: Some(maximum),
        ..FleetBatch::events(second(7), events)
    };
    let refused = record(&*held.journal(), &batch(vec![launch("t-2", 2)], 3)).unwrap_err();
    assert_eq!(refused.message, "fleet night: 2 more machines would make 4, above the maximum of 3");
    assert!(!refused.lock_lost && refused.hint.unwrap().contains("hoist elastic set night --max"));
    // Nothing of it was kept.
    assert_eq!((state.fleet(&id).unwrap().sequence, state.fleet_memory(&id).unwrap()), (2, None));
    assert_eq!(state.fleet_passes(&id, &PassQuery::Newest(9)).unwrap(), []);
    let end = FleetEvent::TerminationIntended { machines: machines(&["i-1"]), reason: None };
    record(&*held.journal(), &batch(vec![end, launch("t-2", 2)], 3)).unwrap();
    let twice = record(&*held.journal(), &batch(vec![launch("t-2", 1)], 9)).unwrap_err();
    assert!(twice.message.contains("another launch has the token t-2"), "{}", twice.message);
    record_events(&*held.journal(), vec![FleetEvent::StopIntended { keep_workers: false, now: false }]).unwrap();
    assert!(record_events(&*held.journal(), vec![launch("t-3", 1)]).unwrap_err().message.contains("is to end"));
    record_events(&*held.journal(), vec![FleetEvent::Ended { kept: Vec::new() }]).unwrap();
    let late = vec![FleetEvent::Gone { machines: machines(&["i-2"]) }];
    assert!(record_events(&*held.journal(), late).unwrap_err().message.contains("has ended"));
    assert_eq!(state.fleet(&id).unwrap().sequence, 6);
}

#[test]
fn lines_memory_and_pass_survive_a_kill_together_or_not_at_all() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let id = create(&state, "night").id().clone();
    for round in 1..=10 {
        let mut writer = Part::start("record-fleet", &file, r#"exec "$@""#);
        let mut committed = 0;
        for _ in 0..round {
            committed = writer.hear().parse().unwrap();
        }
        writer.kill();
        let fleet = state.fleet(&id).unwrap();
        let batches = fleet.sequence as usize / 2;
        assert!(
            fleet.sequence.is_multiple_of(2) && batches >= committed,
            "{} lines, {committed} batches",
            fleet.sequence
        );
        assert_eq!((fleet.launching.len(), fleet.workers.len()), (0, batches));
        assert_eq!(state.fleet_memory(&id).unwrap(), Some(memory(batches)));
        assert_eq!(state.fleets(false).unwrap()[0].last_pass, Some(pass(batches as u64, batches as u64)));
    }
}

#[test]
fn a_pass_is_told_again_with_what_came_of_it() {
    let directory = tempdir().unwrap();
    let state = StateFile::open(&directory.path().join("hoist.db")).unwrap();
    let held = create(&state, "night");
    let with = |pass| FleetBatch { pass: Some(pass), ..FleetBatch::events(second(9), Vec::new()) };
    for pass in [pass(1, 2), acting_pass(2, false), acting_pass(2, true), acting_pass(3, false), acting_pass(3, true)] {
        record(&*held.journal(), &with(pass)).unwrap();
    }
    let passes = state.fleet_passes(held.id(), &PassQuery::Newest(9)).unwrap();
    assert_eq!(passes, [pass(1, 2), acting_pass(2, true), acting_pass(3, true)]);
}
