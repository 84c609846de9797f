//! The open file and its path: what is written goes where the path leads, or nowhere, and then that is said.

use std::fs;
use std::path::Path;

use hoist::engine::JournalError;
use hoist::state::{NewRun, Owner, RunLock, StateFile};
use tempfile::tempdir;

use crate::state::support::{append, batch, plan};

fn begun(file: &Path) -> (StateFile, RunLock) {
    let state = StateFile::open(file).unwrap();
    let (_, lock) = state.create_run(&NewRun { name: "demo", plan: &plan("demo") }, &Owner::current()).unwrap();
    append(&*lock.store(), batch(1..=1)).unwrap();
    (state, lock)
}

#[track_caller]
fn refused(result: Result<(), JournalError>, what: &str) {
    let error = result.unwrap_err();
    assert!(!error.lock_lost);
    assert!(error.message.contains(what) && error.message.contains("recorded nowhere"), "{error}");
    assert!(error.hint.as_ref().is_some_and(|hint| hint.contains("hoist orphans")), "{error}");
}

#[test]
fn a_file_that_is_removed_or_replaced_is_written_no_more() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let (_state, lock) = begun(&file);
    let kept = directory.path().join("kept.db");
    fs::rename(&file, &kept).unwrap();
    refused(append(&*lock.store(), batch(2..=2)), "was removed");
    fs::copy(&kept, &file).unwrap();
    refused(append(&*lock.store(), batch(2..=2)), "was replaced by another file");
    // The very same file is back.
    fs::rename(&kept, &file).unwrap();
    append(&*lock.store(), batch(2..=2)).unwrap();
}

#[test]
fn a_copy_that_takes_the_place_of_the_file_keeps_the_log() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let (state, lock) = begun(&file);
    let copy = directory.path().join("copy.db");
    fs::copy(&file, &copy).unwrap();
    fs::rename(&copy, &file).unwrap();
    refused(append(&*lock.store(), batch(2..=2)), "was replaced by another file");
    drop((lock, state));
    let state = StateFile::open_existing(&file).unwrap().unwrap();
    let run = state.find("demo").unwrap();
    assert_eq!(state.load(run.id).unwrap().1.len(), 1, "what was recorded is there");
}

#[test]
fn a_log_that_is_removed_is_noticed() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let (_state, lock) = begun(&file);
    fs::remove_file(file.with_file_name("hoist.db-wal")).unwrap();
    refused(append(&*lock.store(), batch(2..=2)), "was removed");
}
