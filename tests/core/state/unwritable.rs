//! Reading where nothing can be written.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use hoist::state::{Elsewhere, NewRun, Owner, StateError, StateFile, holds_run};
use tempfile::tempdir;

use crate::state::reserve::fill_up;
use crate::state::support::{Part, UNSHARE, append, batch, may_mount, output, plan, say, wait_for_go};

/// How many records the run has.
const RECORDS: u64 = 3;

/// Makes a run with a journal.
fn record(state: &StateFile) -> hoist::state::RunLock {
    let (_, lock) = state.create_run(&NewRun { name: "demo", plan: &plan("demo") }, &Owner::current()).unwrap();
    let mut first = batch(1..=RECORDS);
    first.outputs.push(output("web", "hello"));
    append(&*lock.store(), first).unwrap();
    lock
}

/// What is in the directory.
fn contents(directory: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let files = fs::read_dir(directory).unwrap().map(|entry| entry.unwrap().path());
    files.map(|path| (path.clone(), fs::read(&path).unwrap())).collect()
}

/// Whether all that was recorded is read.
fn is_read(file: &Path) -> bool {
    let state = StateFile::open_to_read(file).unwrap().unwrap();
    let run = state.find("demo").unwrap();
    let all = state.load(run.id).unwrap().1.len() as u64 == RECORDS
        && state.outputs(run.id, None).unwrap().len() == 1
        && state.runs(true).unwrap().len() == 1
        && state.annexes(true).unwrap().is_empty();
    let id = state.id().unwrap();
    drop(state);
    all && StateFile::names(file, false) == ["demo"] && holds_run(file, &id, &run.tag) == Elsewhere::Holds
}

/// Copies of a state file as a kill leaves it: with its log, and with or without the log's index.
fn killed(file: &Path, directory: &Path) -> [PathBuf; 2] {
    [("indexed.db", &["", "-wal", "-shm"][..]), ("killed.db", &["", "-wal"])].map(|(name, parts)| {
        let copy = directory.join(name);
        let part = |path: &Path, suffix: &str| PathBuf::from(format!("{}{suffix}", path.display()));
        for suffix in parts {
            fs::copy(part(file, suffix), part(&copy, suffix)).unwrap();
        }
        copy
    })
}

/// Reads on a disk that is full, and on one that is read-only.
pub(crate) fn read_where_nothing_can_be_written(file: &Path) {
    let directory = file.parent().unwrap();
    let state = StateFile::open(file).unwrap();
    let lock = record(&state);
    let [indexed, killed] = killed(file, directory);
    fs::remove_file(file.with_file_name("hoist.db-reserve")).unwrap();
    fill_up(&directory.join("ballast"));
    say(format!("beside who writes: {}", is_read(file)));
    drop((lock, state));
    fill_up(&directory.join("ballast"));
    let full = StateFile::open_existing(file);
    say(format!("full: {}", matches!(full, Err(StateError::Full { .. }))));
    let log = fs::read(directory.join("killed.db-wal")).unwrap();
    for file in [file, &killed] {
        say(format!("{}: {}", file.file_name().unwrap().display(), is_read(file)));
    }
    assert!(log == fs::read(directory.join("killed.db-wal")).unwrap(), "the log was changed");
    let status = Command::new("mount").args(["-o", "remount,ro"]).arg(directory).status().unwrap();
    say(format!("read-only: {}", status.success()));
    for file in [file, &indexed, &killed] {
        let refused = StateFile::open_existing(file);
        assert!(matches!(refused, Err(StateError::ReadOnly { .. })), "{refused:?}");
        say(format!("{}: {}", file.file_name().unwrap().display(), is_read(file)));
    }
    wait_for_go();
}

#[test]
fn runs_are_read_on_a_full_disk_and_on_one_that_is_read_only() {
    if !may_mount() {
        return;
    }
    let directory = tempdir().unwrap();
    let mount = format!(
        r#"exec {UNSHARE} sh -c 'mount -t tmpfs -o size=24m none "$0" && exec "$@"' {} "$@""#,
        directory.path().display()
    );
    let mut part = Part::start("read-where-nothing-can-be-written", &directory.path().join("hoist.db"), &mount);
    let expected = [
        "beside who writes: true",
        "full: true",
        "hoist.db: true",
        "killed.db: true",
        "read-only: true",
        "hoist.db: true",
        "indexed.db: true",
        "killed.db: true",
    ];
    assert_eq!(expected.map(|_| part.hear()), expected);
    part.go_on();
    part.wait();
}

#[test]
fn a_file_that_nobody_may_write_is_read_and_left_as_it_is() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let lock = record(&state);
    let elsewhere = tempdir().unwrap();
    let [indexed, killed] = killed(&file, elsewhere.path());
    drop((lock, state));
    for file in [&file, &indexed, &killed] {
        fs::set_permissions(file, fs::Permissions::from_mode(0o400)).unwrap();
        let here = file.parent().unwrap();
        let before = contents(here);
        assert!(is_read(file), "{}", file.display());
        let refused = StateFile::open_existing(file);
        assert!(matches!(refused, Err(StateError::ReadOnly { .. })), "{refused:?}");
        // Readers of a log note in its index how far they read.
        let differs: Vec<_> = contents(here).into_iter().filter(|(path, now)| before.get(path) != Some(now)).collect();
        let names: Vec<_> = differs.iter().map(|(path, _)| path.file_name().unwrap().to_str().unwrap()).collect();
        assert!(names.iter().all(|name| name.ends_with("-shm") && before.contains_key(&here.join(name))), "{names:?}");
    }
}

#[test]
fn a_file_of_an_earlier_format_that_cannot_be_written_is_refused_as_such() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    fs::copy(Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/core/state/v3.db"), &file).unwrap();
    fs::set_permissions(&file, fs::Permissions::from_mode(0o400)).unwrap();
    let refused = StateFile::open_to_read(&file).unwrap_err();
    assert!(matches!(refused, StateError::ReadOnly { .. }), "{refused}");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o600)).unwrap();
    assert!(StateFile::open_to_read(&file).unwrap().is_some());
}
