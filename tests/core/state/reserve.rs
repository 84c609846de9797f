//! Room that is kept back for tear-downs.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use hoist::engine::{Batch, RunStatus};
use hoist::state::{NewRun, Owner, StateFile};
use tempfile::tempdir;

use crate::state::support::{Part, UNSHARE, append, batch, ended, may_mount, output, plan, say, summary, wait_for_go};

/// Fills the disk to the last byte.
pub(crate) fn fill_up(ballast: &Path) {
    let mut file = fs::OpenOptions::new().create(true).append(true).open(ballast).unwrap();
    for size in [1 << 20, 1 << 16, 4096, 512, 1] {
        let block = vec![1; size];
        while file.write_all(&block).is_ok() {}
    }
}

fn going_down(n: u64) -> Batch {
    let mut next = batch(n..=n);
    next.outputs.push(output("web", &"x".repeat(50_000)));
    next.summary = summary(RunStatus::Terminating);
    next
}

/// Brings runs down on a disk that is full.
pub(crate) fn end_on_a_full_disk(file: &Path) {
    let reserve = file.with_file_name("hoist.db-reserve");
    let ballast = file.with_file_name("ballast");
    let me = Owner::current();
    let state = StateFile::open(file).unwrap();
    let (run, lock) = state.create_run(&NewRun { name: "demo", plan: &plan("demo") }, &me).unwrap();
    let (_, other) = state.create_run(&NewRun { name: "other", plan: &plan("demo") }, &me).unwrap();
    drop(state.create_run(&NewRun { name: "third", plan: &plan("demo") }, &me).unwrap());
    append(&*lock.store(), batch(1..=1)).unwrap();
    say(format!("reserve: {}", reserve.exists()));
    // Who goes up gets nothing of it.
    fill_up(&ballast);
    let mut n = 2;
    let full = loop {
        let mut next = batch(n..=n);
        next.outputs.push(output("web", &"x".repeat(50_000)));
        match append(&*lock.store(), next) {
            Ok(()) => n += 1,
            Err(error) => break error,
        }
    };
    say(format!("{} {}", full.message.starts_with("no space is left"), reserve.exists()));
    // Who goes down does.
    append(&*lock.store(), going_down(n)).unwrap();
    append(&*lock.store(), ended(n + 1)).unwrap();
    say(format!("ended: {}, reserve: {}", state.load(run).unwrap().1.len() as u64 == n + 1, reserve.exists()));
    // Once there is room again, the next who writes makes it anew.
    fs::remove_file(&ballast).unwrap();
    append(&*other.store(), batch(1..=1)).unwrap();
    say(format!("reserve: {}", reserve.exists()));
    drop((lock, other, state));
    // Commands that begin on a full disk, one after another: each keeps back what it leaves.
    for (name, next) in [("other", 2), ("third", 1)] {
        fill_up(&ballast);
        end(file, name, next);
        let state = StateFile::open_to_read(file).unwrap().unwrap();
        say(format!("{name} ended: {}, reserve: {}", state.find(name).unwrap().ended_at.is_some(), reserve.exists()));
    }
    say(format!("less than whole: {}", fs::metadata(&reserve).unwrap().len() < 1 << 20));
    assert!(StateFile::open(file).unwrap().lacks_reserve().is_some_and(|lack| lack.missing > 0));
    // A tear-down makes it whole, too, once there is room.
    fs::remove_file(&ballast).unwrap();
    let (_, lock) =
        StateFile::open(file).unwrap().create_run(&NewRun { name: "last", plan: &plan("demo") }, &me).unwrap();
    fs::remove_file(&reserve).unwrap();
    drop(lock);
    end(file, "last", 1);
    say(format!("whole: {}", fs::metadata(&reserve).unwrap().len() == 1 << 20));
    assert_eq!(StateFile::open(file).unwrap().lacks_reserve(), None);
    wait_for_go();
}

/// What `plan terminate` records, from line `next` of the journal on.
fn end(file: &Path, name: &str, next: u64) {
    let state = StateFile::open_to_end(file).unwrap().unwrap();
    let run = state.find(name).unwrap();
    let lock = state.lock(run.id, &Owner::current()).unwrap();
    append(&*lock.store(), going_down(next)).unwrap();
    append(&*lock.store(), ended(next + 1)).unwrap();
}

#[test]
fn a_run_is_brought_down_on_a_full_disk() {
    if !may_mount() {
        return;
    }
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let mount = format!(
        r#"exec {UNSHARE} sh -c 'mount -t tmpfs -o size=24m none "$0" && exec "$@"' {} "$@""#,
        directory.path().display()
    );
    let mut part = Part::start("end-on-a-full-disk", &file, &mount);
    let expected = [
        "reserve: true",
        "true true",
        "ended: true, reserve: false",
        "reserve: true",
        "other ended: true, reserve: true",
        "third ended: true, reserve: true",
        "less than whole: true",
        "whole: true",
    ];
    assert_eq!(expected.map(|_| part.hear()), expected);
    part.go_on();
    part.wait();
}
