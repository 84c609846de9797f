//! One writer a run, between real processes.

use std::path::Path;
use std::sync::mpsc::channel;

use hoist::state::{NewRun, Owner, RunLock, StateError, StateFile};
use rusqlite::Connection;
use tempfile::tempdir;

use crate::state::support::{Part, append, batch, ended, plan, say, wait_for_go};

/// Holds a run until told to go on, or killed.
pub(crate) fn hold(file: &Path) {
    let state = StateFile::open(file).unwrap();
    let (_, lock) = state.create_run(&NewRun { name: "demo", plan: &plan("demo") }, &Owner::current()).unwrap();
    append(&*lock.store(), batch(1..=1)).unwrap();
    say("held");
    wait_for_go();
    drop(lock);
    say("free");
    wait_for_go();
}

fn lock(state: &StateFile) -> Result<RunLock, StateError> {
    let run = state.find("demo").unwrap().id;
    state.lock(run, &Owner::current())
}

#[test]
fn a_live_holder_is_named_and_a_free_run_is_taken() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let mut holder = Part::start("hold", &file, r#"exec "$@""#);
    assert_eq!(holder.hear(), "held");

    let state = StateFile::open(&file).unwrap();
    let Err(StateError::Held { name, by, .. }) = lock(&state) else { panic!("the run is not held") };
    assert_eq!((name.as_str(), by.pid), ("demo", holder.child.id().cast_signed()));
    let error = lock(&state).unwrap_err();
    let message = error.to_string();
    assert!(
        message.starts_with(&format!("run demo is held by {} (process {}) since 2", by.owner, by.pid)),
        "{message}"
    );
    assert!(error.hint().unwrap().contains(&format!("kill -INT {}", by.pid)));
    assert_eq!(state.find("demo").unwrap().lock, Some(*by));

    holder.go_on();
    assert_eq!(holder.hear(), "free");
    assert_eq!(state.find("demo").unwrap().lock, None);
    let ours = lock(&state).unwrap();
    assert_eq!(state.find("demo").unwrap().lock.unwrap().pid, std::process::id().cast_signed());
    drop(ours);
    holder.go_on();
    holder.wait();
}

#[test]
fn the_lock_of_a_killed_process_is_taken_at_once() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let mut holder = Part::start("hold", &file, r#"exec "$@""#);
    assert_eq!(holder.hear(), "held");
    holder.kill();

    let state = StateFile::open(&file).unwrap();
    assert_eq!(state.find("demo").unwrap().lock, None);
    let ours = lock(&state).unwrap();
    append(&*ours.store(), batch(2..=3)).unwrap();
    assert_eq!(state.load(ours.run()).unwrap().1.len(), 3);
}

#[test]
fn who_lost_the_lock_writes_nothing() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let (run, first) = state.create_run(&NewRun { name: "demo", plan: &plan("demo") }, &Owner::current()).unwrap();
    append(&*first.store(), batch(1..=2)).unwrap();
    assert!(matches!(lock(&state), Err(StateError::Held { .. })), "this process is alive");

    // As if the holder were a process on this machine that is silent since 30 s.
    let other = Connection::open(&file).unwrap();
    other
        .execute(
            "UPDATE locks SET heartbeat = heartbeat - 31000000000, heartbeat_uptime = heartbeat_uptime - 31000",
            [],
        )
        .unwrap();
    let second = lock(&state).unwrap();
    let lost = append(&*first.store(), batch(3..=3)).unwrap_err();
    assert!(lost.lock_lost, "{lost}");
    append(&*second.store(), batch(3..=4)).unwrap();

    // Giving up what is lost takes nothing from who has it now.
    drop(first);
    append(&*second.store(), batch(5..=5)).unwrap();
    assert_eq!(state.load(run).unwrap().1.len(), 5);

    let store = second.store();
    drop(second);
    assert!(append(&*store, batch(6..=6)).unwrap_err().lock_lost);
}

#[test]
fn one_of_many_gets_the_lock() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    drop(state.create_run(&NewRun { name: "demo", plan: &plan("demo") }, &Owner::current()).unwrap());
    let (tell, results) = channel();
    for _ in 0..8 {
        let (tell, file) = (tell.clone(), file.clone());
        std::thread::spawn(move || tell.send(lock(&StateFile::open(&file).unwrap())));
    }
    drop(tell);
    // Kept, so that none is given free for the next.
    let results: Vec<Result<RunLock, StateError>> = results.iter().collect();
    assert_eq!(results.len(), 8);
    assert_eq!(results.iter().filter(|result| result.is_ok()).count(), 1);
    assert!(results.iter().all(|result| matches!(result, Ok(_) | Err(StateError::Held { .. }))));
}

#[test]
fn many_may_make_the_file_at_once() {
    for _ in 0..20 {
        let directory = tempdir().unwrap();
        let file = directory.path().join("new/hoist.db");
        let create = |n: usize| {
            let name = format!("run-{n}");
            StateFile::open(&file)?
                .create_run(&NewRun { name: &name, plan: &plan("demo") }, &Owner::current())
                .map(drop)
        };
        let create = &create;
        std::thread::scope(|scope| {
            let makers: Vec<_> = (0..6).map(|n| scope.spawn(move || create(n))).collect();
            makers.into_iter().for_each(|maker| maker.join().unwrap().unwrap());
        });
        assert_eq!(StateFile::open(&file).unwrap().runs(true).unwrap().len(), 6);
    }
}

#[test]
fn a_name_is_taken_until_its_run_ends() {
    let directory = tempdir().unwrap();
    let state = StateFile::open(&directory.path().join("hoist.db")).unwrap();
    let plan = plan("demo");
    let new = NewRun { name: "demo", plan: &plan };
    let (first, lock) = state.create_run(&new, &Owner::current()).unwrap();

    let taken = state.create_run(&new, &Owner::current()).unwrap_err();
    let said = taken.to_string();
    assert!(said.starts_with("there is a run named demo already, and it is held by "), "{said}");
    assert!(taken.is_of_another_process());
    let hint = taken.hint().unwrap();
    assert!(hint.contains("--name NAME") && hint.contains("kill -INT"), "{hint}");
    drop(lock);
    let taken = state.create_run(&new, &Owner::current()).unwrap_err();
    assert_eq!(taken.to_string(), "there is a run named demo already, and it has not ended");
    assert!(!taken.is_of_another_process());
    let hint = taken.hint().unwrap();
    let lock = state.lock(first, &Owner::current()).unwrap();
    for way in ["hoist plan resume demo", "hoist plan terminate demo", "--name NAME"] {
        assert!(hint.contains(way), "{hint}");
    }
    assert!(matches!(state.forget(first), Err(StateError::NotEnded { .. })));

    append(&*lock.store(), ended(1)).unwrap();
    assert!(matches!(state.forget(first), Err(StateError::Held { .. })));
    drop(lock);
    let (second, lock) = state.create_run(&new, &Owner::current()).unwrap();
    assert_eq!(state.find("demo").unwrap().id, second);
    append(&*lock.store(), ended(1)).unwrap();
    drop(lock);
    assert_eq!(state.find("demo").unwrap().id, second);
    assert_eq!(state.runs(false).unwrap().len(), 0);
    assert_eq!(state.runs(true).unwrap().into_iter().map(|run| run.id).collect::<Vec<_>>(), [first, second]);

    state.forget(second).unwrap();
    assert_eq!(state.find("demo").unwrap().id, first);
    assert!(matches!(state.load(second), Err(StateError::RunNotFound { .. })));
}
