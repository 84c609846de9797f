//! The passes of fleets: repeats are counted, old ones are dropped, and the rest is found by time.

use hoist::scaler::{FleetBatch, PassRecord, Seen};
use hoist::state::{FleetLock, Owner, PassQuery, StateFile};
use tempfile::{TempDir, tempdir};

use crate::state::fleet_support::{acting_pass, fleet_name, pass, record, second};

fn begun() -> (TempDir, StateFile, FleetLock) {
    let directory = tempdir().unwrap();
    let state = StateFile::open(&directory.path().join("hoist.db")).unwrap();
    let lock = state.create_fleet(&fleet_name("night"), &Owner::current()).unwrap();
    (directory, state, lock)
}

fn put(lock: &FleetLock, pass: PassRecord) {
    let batch = FleetBatch { pass: Some(pass.clone()), ..FleetBatch::events(pass.at, Vec::new()) };
    record(&*lock.journal(), &batch).unwrap();
}

fn all(state: &StateFile, lock: &FleetLock) -> Vec<PassRecord> {
    state.fleet_passes(lock.id(), &PassQuery::Newest(usize::MAX)).unwrap()
}

#[test]
fn passes_that_see_and_decide_the_same_are_one() {
    let (_directory, state, lock) = begun();
    for number in 1..=50 {
        put(&lock, pass(number, 2));
    }
    let expected = PassRecord { repeats: 49, until: Some(second(50)), ..pass(1, 2) };
    assert_eq!(all(&state, &lock), [expected.clone()]);
    put(&lock, pass(51, 3));
    put(&lock, acting_pass(52, true));
    put(&lock, acting_pass(53, true));
    put(&lock, pass(54, 3));
    let apart = [expected, pass(51, 3), acting_pass(52, true), acting_pass(53, true), pass(54, 3)];
    assert_eq!(all(&state, &lock), apart);
}

#[test]
fn passes_are_found_by_number_and_by_time() {
    let (_directory, state, lock) = begun();
    let find = |which| -> Vec<u64> {
        state.fleet_passes(lock.id(), &which).unwrap().into_iter().map(|pass| pass.number).collect()
    };
    for which in [PassQuery::Newest(3), PassQuery::Around(second(5)), PassQuery::Since(second(5))] {
        assert_eq!(find(which), Vec::<u64>::new());
    }
    // At 10, 20 to 29, 30, 40 and 50 seconds.
    put(&lock, pass(10, 0));
    (20..30).for_each(|number| put(&lock, pass(number, 1)));
    [30, 40, 50].into_iter().for_each(|number| put(&lock, pass(number, number)));
    assert_eq!(find(PassQuery::Newest(0)), Vec::<u64>::new());
    assert_eq!(find(PassQuery::Newest(2)), [40, 50]);
    assert_eq!(find(PassQuery::Newest(99)), [10, 20, 30, 40, 50]);
    assert_eq!(find(PassQuery::Since(second(25))), [20, 30, 40, 50]);
    assert_eq!(find(PassQuery::Since(second(30))), [30, 40, 50]);
    assert_eq!(find(PassQuery::Since(second(51))), Vec::<u64>::new());
    assert_eq!(find(PassQuery::Around(second(0))), [10]);
    assert_eq!(find(PassQuery::Around(second(28))), [20, 30]);
    assert_eq!(find(PassQuery::Around(second(45))), [40, 50]);
    assert_eq!(find(PassQuery::Around(second(99))), [50]);
}

#[test]
fn passes_of_more_than_a_month_ago_are_dropped() {
    const DAY: u64 = 24 * 3600;
    let (_directory, state, lock) = begun();
    // The first lasts until the second day.
    put(&lock, pass(1, 0));
    put(&lock, pass(2 * DAY, 0));
    for day in 3..=32 {
        put(&lock, pass(day * DAY, day));
    }
    assert_eq!(all(&state, &lock).len(), 31, "the first ended thirty days before the last");
    put(&lock, pass(32 * DAY + 1, 99));
    let left = all(&state, &lock);
    assert_eq!((left[0].number, left.len()), (3 * DAY, 31));
    // After a long silence the last one tells where things stood.
    put(&lock, pass(400 * DAY, 0));
    assert_eq!(all(&state, &lock), [pass(400 * DAY, 0)]);
}

#[test]
fn passes_are_bounded_in_number_and_size() {
    let (directory, state, lock) = begun();
    let large = |number: u64| {
        let failed = [("pool".to_owned(), format!("{number} ").repeat(200_000))].into();
        PassRecord { seen: Seen { failed, ..Seen::default() }, ..pass(number, 0) }
    };
    for number in 1..=60 {
        put(&lock, large(number));
    }
    let left = all(&state, &lock);
    let bytes: usize = left.iter().map(|pass| serde_json::to_string(pass).unwrap().len()).sum();
    let next = serde_json::to_string(&large(60 - left.len() as u64)).unwrap().len();
    assert!(bytes <= 16 << 20 && bytes + next > 16 << 20, "{bytes} bytes in {} passes", left.len());
    assert_eq!(left.last(), Some(&large(60)));
    drop(lock);
    drop(state);
    let file = std::fs::metadata(directory.path().join("hoist.db")).unwrap().len();
    assert!(file < 20 << 20, "{file} bytes");
}
