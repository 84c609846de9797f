//! A state file is told from every other.

use std::fs;

use hoist::state::StateFile;
use rusqlite::Connection;
use tempfile::tempdir;

#[test]
fn a_state_file_keeps_its_identifier_wherever_it_is() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let id = StateFile::open(&file).unwrap().id().unwrap();
    assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{id}");
    assert_eq!(StateFile::open(&file).unwrap().id().unwrap(), id);
    let moved = directory.path().join("moved.db");
    fs::rename(&file, &moved).unwrap();
    assert_eq!(StateFile::open(&moved).unwrap().id().unwrap(), id);
    assert_ne!(StateFile::open(&file).unwrap().id().unwrap(), id, "another file");
}

#[test]
fn a_file_that_never_had_one_gets_it_once() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    drop(StateFile::open(&file).unwrap());
    Connection::open(&file).unwrap().execute("DELETE FROM meta WHERE key = 'id'", []).unwrap();
    let id = StateFile::open(&file).unwrap().id().unwrap();
    assert_eq!(StateFile::open(&file).unwrap().id().unwrap(), id);
}
