//! Annexes in the state file: their names, their journals, and one writer each.

use std::path::Path;

use hoist::annex::{Annex, AnnexEvent, AnnexName, AnnexPhase};
use hoist::plan::CloudConfig;
use hoist::state::{AnnexLock, LockKind, Owner, StateError, StateFile};
use rusqlite::Connection;
use tempfile::tempdir;

use crate::state::support::{Part, annex_journal, annex_spec, record_annex, say, wait_for_go};

/// Holds an annex until told to go on, or killed.
pub(crate) fn hold(file: &Path) {
    let state = StateFile::open(file).unwrap();
    let (_, lock) = create(&state, "foo");
    say("held");
    wait_for_go();
    drop(lock);
    say("free");
    wait_for_go();
}

fn place() -> CloudConfig {
    CloudConfig { provider: "ec2".to_owned(), region: Some("us-east-1".to_owned()), ..Default::default() }
}

fn name(name: &str) -> AnnexName {
    name.parse().unwrap()
}

fn create(state: &StateFile, annex: &str) -> (Annex, AnnexLock) {
    state.create_annex(&name(annex), &place(), &Owner::current()).unwrap()
}

fn lock(state: &StateFile) -> Result<AnnexLock, StateError> {
    let id = state.find_annex(&name("foo")).unwrap().id;
    state.lock_annex(&id, &Owner::current())
}

#[test]
fn what_was_recorded_comes_back() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let (created, lock) = create(&state, "foo");
    assert_eq!((created.stage, created.sequence, &created.place), (AnnexPhase::New, 0, &place()));
    assert_eq!(created.id.name, name("foo"));
    assert!(created.id.nonce.len() == 12 && created.id.nonce.bytes().all(|byte| byte.is_ascii_hexdigit()));
    assert_eq!(lock.id(), &created.id);

    let mut expected = created.clone();
    for event in annex_journal() {
        record_annex(&*lock.journal(), &event).unwrap();
        expected.apply(&event);
        let again = StateFile::open_existing(&file).unwrap().unwrap();
        assert_eq!(again.find_annex(&name("foo")).unwrap(), expected);
        assert_eq!(again.annex(&created.id).unwrap(), expected);
    }
    let journal = state.annex_journal(&created.id).unwrap();
    assert_eq!(journal.iter().map(|(_, event)| event.clone()).collect::<Vec<_>>(), annex_journal());
    assert!(journal.is_sorted_by_key(|(at, _)| *at));
    let rows = state.annexes(true).unwrap();
    assert_eq!((rows.len(), &rows[0].record, rows[0].updated_at), (1, &expected, journal.last().unwrap().0));
}

#[test]
fn a_name_is_taken_until_its_annex_ends_and_ended_ones_stay() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let (first, lock) = create(&state, "foo");
    create(&state, "foobar");
    let taken = state.create_annex(&name("foo"), &place(), &Owner::current()).unwrap_err();
    assert!(matches!(taken, StateError::NameTaken { subject: LockKind::Annex, .. }));
    assert!(taken.is_of_another_process(), "{taken}");
    assert!(taken.to_string().starts_with("there is an annex named foo already, and it is held by "), "{taken}");
    drop(lock);
    let taken = state.create_annex(&name("foo"), &place(), &Owner::current()).unwrap_err();
    assert!(!taken.is_of_another_process(), "{taken}");
    assert_eq!(taken.to_string(), "there is an annex named foo already, and it has not ended");
    let lock = state.lock_annex(&first.id, &Owner::current()).unwrap();
    for way in ["hoist annex update foo", "hoist annex delete foo", "another name"] {
        assert!(taken.hint().unwrap().contains(way), "{taken}");
    }

    record_annex(&*lock.journal(), &AnnexEvent::Deleted).unwrap();
    drop(lock);
    assert_eq!(state.find_annex(&name("foo")).unwrap().stage, AnnexPhase::Ended);
    assert_eq!(StateFile::annex_names(&file, false), ["foobar"]);
    assert_eq!(StateFile::annex_names(&file, true), ["foo", "foobar"]);
    let (second, lock) = create(&state, "foo");
    assert_ne!(first.id.nonce, second.id.nonce);
    assert_eq!(state.find_annex(&name("foo")).unwrap().id, second.id);
    let ids =
        |all| state.annexes(all).unwrap().into_iter().map(|row| row.record.id.name.to_string()).collect::<Vec<_>>();
    assert_eq!(
        (ids(false), ids(true)),
        (vec!["foobar".into(), "foo".into()], vec!["foo".into(), "foobar".into(), "foo".into()])
    );
    record_annex(&*lock.journal(), &AnnexEvent::Deleted).unwrap();
    assert_eq!(state.find_annex(&name("foo")).unwrap().id, second.id, "the newest of those that ended");
}

#[test]
fn a_name_that_is_unknown_gets_a_hint() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    assert_eq!(StateFile::annex_names(&file, true), Vec::<String>::new());
    let state = StateFile::open(&file).unwrap();
    create(&state, "nightly");
    let unknown = state.find_annex(&name("nigthly")).unwrap_err();
    assert_eq!(unknown.to_string(), format!("there is no annex named nigthly in {}", file.display()));
    assert_eq!(unknown.hint().unwrap(), "did you mean nightly?");
    let unknown = state.find_annex(&name("zzz")).unwrap_err();
    assert_eq!(unknown.hint().unwrap(), "hoist annex list --all shows every annex");
}

#[test]
fn a_live_holder_is_named_and_a_killed_one_is_followed_at_once() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let mut holder = Part::start("hold-annex", &file, r#"exec "$@""#);
    assert_eq!(holder.hear(), "held");
    let state = StateFile::open(&file).unwrap();
    let error = lock(&state).unwrap_err();
    let StateError::Held { subject: LockKind::Annex, name, by, .. } = &error else { panic!("{error}") };
    assert_eq!((name.as_str(), by.pid), ("foo", holder.child.id().cast_signed()));
    assert!(error.to_string().starts_with("annex foo is held by "), "{error}");
    assert_eq!(state.annexes(false).unwrap()[0].lock.as_ref(), Some(&**by));

    holder.go_on();
    assert_eq!(holder.hear(), "free");
    drop(lock(&state).unwrap());
    holder.kill();

    let other = directory.path().join("other.db");
    let mut holder = Part::start("hold-annex", &other, r#"exec "$@""#);
    assert_eq!(holder.hear(), "held");
    holder.kill();
    let state = StateFile::open(&other).unwrap();
    assert_eq!(state.annexes(false).unwrap()[0].lock, None);
    record_annex(&*lock(&state).unwrap().journal(), &AnnexEvent::Applied).unwrap();
}

#[test]
fn who_lost_the_lock_writes_nothing() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let (annex, first) = create(&state, "foo");
    assert!(matches!(lock(&state), Err(StateError::Held { .. })), "this process is alive");
    // As if the holder were a process on this machine that is silent since 30 s.
    let silence =
        "UPDATE annex_locks SET heartbeat = heartbeat - 31000000000, heartbeat_uptime = heartbeat_uptime - 31000";
    Connection::open(&file).unwrap().execute(silence, []).unwrap();
    let second = lock(&state).unwrap();
    let lost = record_annex(&*first.journal(), &AnnexEvent::Applied).unwrap_err();
    assert!(lost.lock_lost && lost.to_string().contains("hoist annex status foo"), "{lost}");
    record_annex(&*second.journal(), &AnnexEvent::Applied).unwrap();
    // Giving up what is lost takes nothing from who has it now.
    drop(first);
    record_annex(&*second.journal(), &AnnexEvent::Applied).unwrap();
    let journal = second.journal();
    drop(second);
    assert!(record_annex(&*journal, &AnnexEvent::Applied).unwrap_err().lock_lost);
    assert_eq!(state.annex(&annex.id).unwrap().sequence, 2);
}

#[test]
fn runs_and_annexes_do_not_know_of_each_others_locks() {
    let directory = tempdir().unwrap();
    let state = StateFile::open(&directory.path().join("hoist.db")).unwrap();
    let (_, annex) = create(&state, "demo");
    let new = hoist::state::NewRun { name: "demo", plan: &crate::state::support::plan("demo") };
    let (_, run) = state.create_run(&new, &Owner::current()).unwrap();
    drop(annex);
    assert!(state.find("demo").unwrap().lock.is_some());
    drop(run);
    assert!(state.find("demo").unwrap().lock.is_none());
}

#[test]
fn a_journal_that_was_tampered_with_is_not_guessed_at() {
    for (tamper, found) in [
        ("DELETE FROM annex_records WHERE sequence = 2", "record 2 of annex foo/"),
        ("UPDATE annex_records SET event = '{\"event\":\"unheard-of\"}' WHERE sequence = 3", "cannot be read"),
        ("UPDATE annexes SET place = '[]'", "is damaged"),
        ("UPDATE annexes SET name = 'a/b'", "is damaged"),
    ] {
        let directory = tempdir().unwrap();
        let file = directory.path().join("hoist.db");
        let state = StateFile::open(&file).unwrap();
        let (_, lock) = create(&state, "foo");
        for event in annex_journal() {
            record_annex(&*lock.journal(), &event).unwrap();
        }
        Connection::open(&file).unwrap().execute(tamper, []).unwrap();
        let error = state.annexes(true).unwrap_err();
        assert!(matches!(error, StateError::Corrupt { .. }) && error.to_string().contains(found), "{error}");
    }
}

#[test]
fn a_spec_is_kept_whole() {
    let directory = tempdir().unwrap();
    let state = StateFile::open(&directory.path().join("hoist.db")).unwrap();
    let (_, lock) = create(&state, "foo");
    let intent = AnnexEvent::ApplyIntended { token: "t".to_owned(), spec: Box::new(annex_spec()) };
    record_annex(&*lock.journal(), &intent).unwrap();
    assert_eq!(state.find_annex(&name("foo")).unwrap().spec, Some(annex_spec()));
}
