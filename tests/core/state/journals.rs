//! What is recorded, and what of it survives.

use std::path::Path;

use hoist::engine::{RunEvent, RunStatus};
use hoist::state::{NewRun, Owner, StateError, StateFile};
use rusqlite::Connection;
use tempfile::tempdir;

use crate::state::support::{Part, append, batch, ended, output, plan, say, summary};

/// Appends batch after batch, and says how many records are committed after each.
pub(crate) fn append_for_ever(file: &Path) {
    let state = StateFile::open(file).unwrap();
    let run = state.find("demo").unwrap().id;
    let lock = state.lock(run, &Owner::current()).unwrap();
    let mut last = state.load(run).unwrap().1.len() as u64;
    loop {
        append(&*lock.store(), batch(last + 1..=last + 7)).unwrap();
        last += 7;
        say(last);
    }
}

#[test]
fn what_was_appended_comes_back() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let plan = plan("demo");
    let state = StateFile::open(&file).unwrap();
    let (run, lock) = state.create_run(&NewRun { name: "demo-1", plan: &plan }, &Owner::current()).unwrap();
    assert_eq!(state.load(run).unwrap(), (plan.clone(), Vec::new()));
    let created = state.find("demo-1").unwrap();
    assert_eq!((created.plan_name.as_str(), created.plan_file.as_path()), ("demo", plan.file.as_path()));
    assert_eq!((created.created_at, created.ended_at), (created.updated_at, None));
    assert_eq!(created.summary, summary(RunStatus::Booting));

    let mut first = batch(1..=3);
    first.outputs = vec![output("web", "one\n"), output("db", "other\n"), output("web", "two\n\0é")];
    first.summary.ready = 1;
    append(&*lock.store(), first.clone()).unwrap();
    append(&*lock.store(), batch(4..=5)).unwrap();
    let mut all = first.records.clone();
    all.extend(batch(4..=5).records);

    let state = StateFile::open_existing(&file).unwrap().unwrap();
    assert_eq!(state.load(run).unwrap().1, all);
    assert_eq!(state.outputs(run, Some("web")).unwrap(), [output("web", "one\n"), output("web", "two\n\0é")]);
    assert_eq!(state.outputs(run, None).unwrap(), first.outputs);
    assert_eq!(state.outputs(run, Some("nothing")).unwrap(), []);
    let mut later = Vec::new();
    state.records(run, 3, |record| later.push(record)).unwrap();
    assert_eq!(later, all[3..]);
    let row = state.find("demo-1").unwrap();
    assert_eq!((row.updated_at, row.summary.ready), (all[4].at, 0));

    append(&*lock.store(), ended(6)).unwrap();
    let row = state.find("demo-1").unwrap();
    assert_eq!((row.ended_at, row.summary.status), (Some(row.updated_at), RunStatus::Terminated));
    assert!(matches!(state.load(run).unwrap().1[5].event, RunEvent::Ended { checked: 1 }));
}

#[test]
fn a_batch_that_does_not_continue_the_journal_is_refused_whole() {
    let directory = tempdir().unwrap();
    let state = StateFile::open(&directory.path().join("hoist.db")).unwrap();
    let (run, lock) = state.create_run(&NewRun { name: "demo", plan: &plan("demo") }, &Owner::current()).unwrap();
    let store = lock.store();
    append(&*store, batch(1..=2)).unwrap();
    let mut hole = batch(3..=5);
    hole.records.remove(1);
    hole.outputs.push(output("web", "lost"));
    for wrong in [batch(2..=3), batch(4..=5), batch(1..=1), hole] {
        let refused = append(&*store, wrong).unwrap_err();
        assert!(!refused.lock_lost && refused.message.contains("continues with record"), "{refused}");
    }
    append(&*store, batch(3..=3)).unwrap();
    assert_eq!(state.load(run).unwrap().1.len(), 3);
    assert_eq!(state.outputs(run, None).unwrap(), []);
}

#[test]
fn what_was_committed_survives_a_kill() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let run = state.create_run(&NewRun { name: "demo", plan: &plan("demo") }, &Owner::current()).unwrap().0;
    for round in 1..=10 {
        let mut writer = Part::start("append", &file, r#"exec "$@""#);
        let mut committed = 0;
        for _ in 0..round {
            committed = writer.hear().parse().unwrap();
        }
        writer.kill();
        let records = state.load(run).unwrap().1;
        assert!(records.len() >= committed, "{} of {committed} records", records.len());
        assert_eq!(records.len() % 7, 0, "a batch was cut");
        assert_eq!(records, batch(1..=records.len() as u64).records);
    }
}

#[test]
fn a_forgotten_run_leaves_no_bulk_behind() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let plan = plan("demo");
    let kept = state.create_run(&NewRun { name: "kept", plan: &plan }, &Owner::current()).unwrap().0;
    let (run, lock) = state.create_run(&NewRun { name: "demo", plan: &plan }, &Owner::current()).unwrap();
    let mut last = ended(1);
    last.outputs = vec![output("web", &"x".repeat(60_000)); 50];
    append(&*lock.store(), last).unwrap();
    drop(lock);
    state.forget(run).unwrap();
    assert_eq!(state.outputs(run, None).unwrap(), []);
    assert_eq!(state.runs(true).unwrap()[0].id, kept);
    drop(state);
    let size = std::fs::metadata(&file).unwrap().len();
    assert!(size < 1_000_000, "{size} bytes");
}

#[test]
fn names_are_completed_and_mistakes_get_a_hint() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    assert_eq!(StateFile::names(&file, true), Vec::<String>::new());
    assert!(StateFile::open_existing(&file).unwrap().is_none());
    assert!(!file.exists(), "looking made the file");

    let state = StateFile::open(&file).unwrap();
    for name in ["webapp", "batch"] {
        state.create_run(&NewRun { name, plan: &plan("demo") }, &Owner::current()).unwrap();
    }
    let (_, lock) = state.create_run(&NewRun { name: "old", plan: &plan("demo") }, &Owner::current()).unwrap();
    append(&*lock.store(), ended(1)).unwrap();
    assert_eq!(StateFile::names(&file, false), ["batch", "webapp"]);
    assert_eq!(StateFile::names(&file, true), ["batch", "old", "webapp"]);

    let unknown = state.find("wepapp").unwrap_err();
    assert_eq!(unknown.to_string(), format!("there is no run named wepapp in {}", file.display()));
    assert_eq!(unknown.hint().unwrap(), "did you mean webapp?");
    assert_eq!(state.find("zzz").unwrap_err().hint().unwrap(), "hoist plan list --all shows every run");
}

#[test]
fn a_journal_that_was_tampered_with_is_not_guessed_at() {
    for (tamper, found) in [
        ("DELETE FROM records WHERE sequence = 2", "record 2 of run 1 is missing"),
        (
            "UPDATE records SET event = '{\"event\":\"unheard-of\"}' WHERE sequence = 3",
            "record 3 of run 1 cannot be read",
        ),
        ("UPDATE runs SET plan = '{}'", "the plan of run 1 cannot be read"),
    ] {
        let directory = tempdir().unwrap();
        let file = directory.path().join("hoist.db");
        let state = StateFile::open(&file).unwrap();
        let (run, lock) = state.create_run(&NewRun { name: "demo", plan: &plan("demo") }, &Owner::current()).unwrap();
        append(&*lock.store(), batch(1..=3)).unwrap();
        Connection::open(&file).unwrap().execute(tamper, []).unwrap();
        let error = state.load(run).unwrap_err();
        assert!(matches!(error, StateError::Corrupt { .. }) && error.to_string().contains(found), "{error}");
    }
}

#[tokio::test]
async fn a_waiting_driver_is_not_blocked() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let (_, lock) = state.create_run(&NewRun { name: "demo", plan: &plan("demo") }, &Owner::current()).unwrap();
    let store = lock.store();
    // Another writer holds the file; this thread must be free to end that.
    let other = Connection::open(&file).unwrap();
    other.execute_batch("BEGIN IMMEDIATE").unwrap();
    let appending = tokio::spawn(async move { store.append(batch(1..=1)).await });
    tokio::task::yield_now().await;
    other.execute_batch("COMMIT").unwrap();
    appending.await.unwrap().unwrap();
}
