//! Fleets that run for years: what is read and kept of them is bounded.

use std::io::Write as _;
use std::time::{Duration, Instant};

use hoist::scaler::{Fleet, FleetBatch, FleetEvent};
use hoist::state::{FleetLock, Owner, StateFile};
use rusqlite::Connection;
use tempfile::tempdir;

use crate::state::fleet_support::{fleet_name, full_batch, launch, launched, machines, memory, pass, record, second};

const DAY: i64 = 24 * 3600;

/// The lines of a machine that comes and goes.
fn visit(number: usize) -> Vec<FleetEvent> {
    let (token, id) = (format!("t-{number}"), format!("i-{number:017}"));
    let one = || machines(&[&id]);
    vec![
        launch(&token, 1),
        launched(&token, &[&id]),
        FleetEvent::Joined { machines: one() },
        FleetEvent::TerminationIntended { machines: one(), reason: None },
        FleetEvent::Gone { machines: one() },
    ]
}

/// Records visits in batches of this many at this time; returns the fleet after them.
fn visits(lock: &FleetLock, fleet: &mut Fleet, numbers: std::ops::Range<usize>, at: i64) {
    let numbers: Vec<usize> = numbers.collect();
    for numbers in numbers.chunks(100) {
        let batch = FleetBatch::events(second(at), numbers.iter().flat_map(|number| visit(*number)).collect());
        batch.events.iter().for_each(|event| fleet.apply(batch.at, event));
        record(&*lock.journal(), &batch).unwrap();
    }
}

fn ask<T: rusqlite::types::FromSql>(file: &std::path::Path, query: &str) -> T {
    Connection::open(file).unwrap().query_row(query, [], |row| row.get(0)).unwrap()
}

#[test]
fn old_lines_are_dropped_and_what_they_amount_to_stays() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let lock = state.create_fleet(&fleet_name("night"), &Owner::current()).unwrap();
    let id = lock.id().clone();
    let mut expected = lock.fleet().clone();
    let stays = vec![launch("t-first", 1), launched("t-first", &["i-first"])];
    let batch = FleetBatch::events(second(0), stays);
    batch.events.iter().for_each(|event| expected.apply(batch.at, event));
    record(&*lock.journal(), &batch).unwrap();

    visits(&lock, &mut expected, 0..600, 0);
    assert_eq!(state.fleet(&id).unwrap(), expected);
    assert_eq!(state.fleet_journal(&id).unwrap().len(), 3002, "all are young");
    // Lines before the snapshot are read only where lines are asked for.
    assert!(ask::<i64>(&file, "SELECT sequence FROM fleet_snapshots") > 2000);

    visits(&lock, &mut expected, 600..900, 20 * DAY);
    visits(&lock, &mut expected, 900..1200, 40 * DAY);
    assert_eq!(state.fleet(&id).unwrap(), expected);
    let journal = state.fleet_journal(&id).unwrap();
    assert_eq!((journal.len(), journal[0].0), (3000, second(20 * DAY)), "those of the first day are gone");
    assert_eq!(expected.workers.len(), 301, "those that are gone for more than a day are forgotten");
    assert!(expected.workers.contains_key(&machines(&["i-first"])[0]));
    drop(lock);
    let lock = state.lock_fleet(&id, &Owner::current()).unwrap();
    assert_eq!(lock.fleet(), &expected);
    visits(&lock, &mut expected, 1200..1201, 41 * DAY);
    assert_eq!(state.fleets(false).unwrap()[0].record, expected);
    assert_eq!(expected.sequence, 6007);

    for (tamper, found) in [
        ("UPDATE fleet_snapshots SET state = replace(state, 'i-first', 'i-furst')", "snapshot of fleet night/"),
        ("UPDATE fleet_snapshots SET first = first + 1", "snapshot of fleet night/"),
        ("DELETE FROM fleet_snapshots", "the snapshot of fleet night/"),
    ] {
        let copy = tempdir().unwrap();
        let copy = copy.path().join("hoist.db");
        Connection::open(&file).unwrap().execute("VACUUM INTO ?1", [copy.to_str().unwrap()]).unwrap();
        std::fs::set_permissions(&copy, std::os::unix::fs::PermissionsExt::from_mode(0o600)).unwrap();
        Connection::open(&copy).unwrap().execute_batch(tamper).unwrap();
        let error = StateFile::open(&copy).unwrap().fleets(false).unwrap_err().to_string();
        assert!(error.contains("is damaged") && error.contains(found), "{tamper}: {error}");
    }
}

/// The time of a commit of a launch with memory and pass, and of its answer.
fn commit_time(lock: &FleetLock, number: usize) -> Duration {
    let (token, id) = (format!("t-{number}"), format!("i-{number:017}"));
    let intended = FleetBatch { maximum: Some(1_000_000), ..full_batch(number, vec![launch(&token, 1)]) };
    let begun = Instant::now();
    record(&*lock.journal(), &intended).unwrap();
    let first = begun.elapsed();
    record(&*lock.journal(), &FleetBatch::events(intended.at, vec![launched(&token, &[&id])])).unwrap();
    first.max(begun.elapsed() - first)
}

fn middle(mut times: Vec<Duration>) -> Duration {
    times.sort();
    times[times.len() / 2]
}

#[test]
fn a_commit_takes_as_long_after_a_hundred_thousand_lines_as_before() {
    let directory = tempdir().unwrap();
    let begin = |file: &str| {
        let state = StateFile::open(&directory.path().join(file)).unwrap();
        let lock = state.create_fleet(&fleet_name("night"), &Owner::current()).unwrap();
        (state, lock)
    };
    let ((_new, young), (state, old)) = (begin("young.db"), begin("old.db"));
    let id = old.id().clone();
    let mut fleet = old.fleet().clone();
    // On a hundred days, so that those that are gone are forgotten.
    for day in 1..=100 {
        visits(&old, &mut fleet, day * 1000..day * 1000 + 200, day as i64 * DAY);
    }
    // By turns, so that whatever else the disk does slows both.
    let numbers = 8_640_000..8_640_050;
    let times = numbers.map(|number| (commit_time(&young, number), commit_time(&old, number)));
    let (before, after): (Vec<_>, Vec<_>) = times.unzip();
    let (before, after) = (middle(before), middle(after));
    let begun = Instant::now();
    let found = state.fleet(&id).unwrap();
    let read = begun.elapsed();
    let kept = state.fleet_journal(&id).unwrap().len();
    let told = format!(
        "{} lines, of which {kept} are kept: a commit takes {after:?}, for a new fleet {before:?}; reading takes {read:?}",
        found.sequence
    );
    writeln!(std::io::stderr(), "{told}").unwrap();
    assert_eq!((found.sequence, found.workers.len() <= 300), (100_100, true), "{told}");
    assert!((30_000..=33_000).contains(&kept), "{told}");
    // A slow disk is nobody's fault.
    assert!(after <= Duration::from_millis(5).max(before * 2), "{told}");
    assert_eq!(state.fleet_memory(&id).unwrap(), Some(memory(8_640_049)));
    assert_eq!(state.fleets(false).unwrap()[0].last_pass, Some(pass(8_640_049, 8_640_049)));
}

#[test]
fn young_lines_are_bounded_too() {
    let directory = tempdir().unwrap();
    let state = StateFile::open(&directory.path().join("hoist.db")).unwrap();
    let lock = state.create_fleet(&fleet_name("night"), &Owner::current()).unwrap();
    let joined = FleetEvent::Joined { machines: machines(&["i-1"]) };
    for _ in 0..27 {
        record(&*lock.journal(), &FleetBatch::events(second(0), vec![joined.clone(); 2000])).unwrap();
    }
    let kept = state.fleet_journal(lock.id()).unwrap().len();
    assert!((50_000..52_000).contains(&kept), "{kept} of 54000 lines");
    assert_eq!(state.fleet(lock.id()).unwrap().sequence, 54_000);
}
