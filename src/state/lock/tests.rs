use std::time::Instant;

use jiff::{SignedDuration, Timestamp};

use super::super::lock_holder::LockHolder;
use super::super::run_lock::target;
use super::super::run_row::RunId;
use super::*;

fn me() -> Owner {
    Owner::current()
}

fn lock_of(owner: &Owner, now: LockClock, seconds_ago: i64) -> LockRow {
    let heartbeat = now.wall - SignedDuration::from_secs(seconds_ago);
    let info =
        LockHolder { owner: owner.to_string(), host: owner.host.clone(), pid: owner.pid, since: heartbeat, heartbeat };
    let uptime = now.uptime.map(|uptime| uptime.saturating_sub(Duration::from_secs(seconds_ago.unsigned_abs())));
    LockRow { info, started: owner.started, place: owner.place.clone(), uptime }
}

#[test]
fn a_live_holder_keeps_the_run_and_a_silent_one_loses_it() {
    let now = LockClock { wall: Timestamp::now(), uptime: Some(Duration::from_secs(100_000)) };
    assert!(lock_of(&me(), now, 0).holds(&me(), now));
    assert!(lock_of(&me(), now, 29).holds(&me(), now));
    assert!(!lock_of(&me(), now, 30).holds(&me(), now));
}

#[test]
fn setting_the_clock_changes_nothing_on_one_machine() {
    let now = LockClock { wall: Timestamp::now(), uptime: Some(Duration::from_secs(100_000)) };
    let lock = lock_of(&me(), now, 10);
    for hours in [-100, -1, 1, 100] {
        let later = LockClock { wall: now.wall + SignedDuration::from_hours(hours), ..now };
        assert_eq!(lock.silence(&me(), later), Some(Duration::from_secs(10)), "{hours} h");
    }
}

#[test]
fn a_holder_that_ended_is_not_waited_for() {
    let now = LockClock::now();
    let later_process = Owner { started: me().started.map(|ticks| ticks - 1), ..me() };
    let no_process = Owner { pid: i32::MAX, ..me() };
    let other_boot = Owner { place: Some("another-boot pid:[1]".to_owned()), ..me() };
    for ended in [later_process, no_process, other_boot] {
        assert_eq!(lock_of(&ended, now, 0).silence(&me(), now), None, "{ended:?}");
    }
}

#[test]
fn the_process_number_of_another_place_means_nothing() {
    let now = LockClock::now();
    let boot = Owner::boot(me().place.as_deref().unwrap()).to_owned();
    let container = Owner { pid: i32::MAX, place: Some(format!("{boot} pid:[1]")), ..me() };
    let elsewhere = Owner { pid: i32::MAX, host: "elsewhere".to_owned(), place: Some("b p".to_owned()), ..me() };
    for other in [container, elsewhere] {
        assert!(lock_of(&other, now, 29).holds(&me(), now), "{other:?}");
        assert!(!lock_of(&other, now, 31).holds(&me(), now), "{other:?}");
        // In the future, since a clock was set back.
        assert!(lock_of(&other, now, -29).holds(&me(), now), "{other:?}");
        assert!(!lock_of(&other, now, -3600).holds(&me(), now), "{other:?}");
    }
}

#[test]
fn the_heart_beats_until_the_lock_is_lost() {
    let directory = tempfile::tempdir().unwrap();
    let path = directory.path().join("hoist.db");
    let database = Database::open(&path).unwrap();
    let insert = "INSERT INTO runs (id, name, tag, plan_name, plan_file, plan, created_at, updated_at, summary)
                  VALUES (1, 'demo', 'demo.1', 'demo', '', '', 0, 0, '')";
    database.connection.execute(insert, []).unwrap();
    let token = take(&database.connection, &path, target(RunId(1), "demo"), &me()).unwrap();
    let inner = Mutex::new(Writer { database: Database::open(&path).unwrap(), sealed: None });
    let held = Arc::new(LockGuardInner { subject: LockKind::Run, key: 1, name: "demo".to_owned(), token, inner });

    database.connection.execute("UPDATE locks SET heartbeat = 0", []).unwrap();
    let (_stop, heart) = LockGuardInner::beat_every(held, Duration::from_millis(1)).unwrap();
    let deadline = Instant::now() + Duration::from_secs(60);
    let beats = || {
        let query = "SELECT heartbeat FROM locks";
        database.connection.query_row(query, [], |row| row.get::<_, i64>(0)).unwrap()
    };
    while beats() == 0 {
        assert!(Instant::now() < deadline, "no heartbeat came");
        std::thread::yield_now();
    }
    database.connection.execute("UPDATE locks SET token = 'other'", []).unwrap();
    heart.join().unwrap();
}
