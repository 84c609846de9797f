//! Fleets whose records are damaged are refused, and not guessed at.

use hoist::scaler::{FleetBatch, FleetEvent};
use hoist::state::{Owner, PassQuery, StateError, StateFile};
use rusqlite::Connection;
use tempfile::tempdir;

use crate::state::fleet_support::{fleet_journal, fleet_name, full_batch, launch, record, record_events};

/// A question to the file about a fleet that goes on.
type Question = fn(&StateFile) -> Result<(), StateError>;

const LIST: Question = |state| state.fleets(false).map(drop);
const FIND: Question = |state| state.find_fleet(&fleet_name("night")).map(drop);
const JOURNAL: Question = |state| state.fleet_journal(&state.find_fleet(&fleet_name("night"))?.id).map(drop);
const LOCK: Question =
    |state| state.lock_fleet(&state.find_fleet(&fleet_name("night"))?.id, &Owner::current()).map(drop);
const MEMORY: Question = |state| state.fleet_memory(&state.find_fleet(&fleet_name("night"))?.id).map(drop);
const PASSES: Question =
    |state| state.fleet_passes(&state.find_fleet(&fleet_name("night"))?.id, &PassQuery::Newest(99)).map(drop);

/// Asks all about the fleets that [`crate::state::fleet_support::write_fleets`] writes.
pub(crate) fn ask_of_fleets(state: &StateFile, add: &mut impl FnMut(&str, Result<String, StateError>)) {
    for all in [false, true] {
        let fleets = state.fleets(all).map(|rows| {
            format!("{:?}", rows.iter().map(|row| (&row.record, row.updated_at, &row.last_pass)).collect::<Vec<_>>())
        });
        add(if all { "all fleets" } else { "fleets" }, fleets);
    }
    for name in ["day", "night"] {
        let id = match state.find_fleet(&fleet_name(name)) {
            Ok(fleet) => {
                add(&format!("fleet {name}"), Ok(format!("{fleet:?}")));
                fleet.id
            }
            Err(error) => {
                add(&format!("fleet {name}"), Err(error));
                continue;
            }
        };
        add(&format!("journal {name}"), state.fleet_journal(&id).map(|lines| format!("{lines:?}")));
        add(&format!("memory {name}"), state.fleet_memory(&id).map(|memory| format!("{memory:?}")));
        let passes = state.fleet_passes(&id, &PassQuery::Newest(99));
        add(&format!("passes {name}"), passes.map(|passes| format!("{passes:?}")));
    }
}

#[test]
fn damage_is_named_wherever_it_is() {
    let tampers: [(&str, &[Question], &str); 17] = [
        ("DELETE FROM fleet_records WHERE sequence = 2", &[LIST, FIND, JOURNAL, LOCK], "record 2 of fleet night/"),
        ("DELETE FROM fleet_records WHERE sequence = 9", &[LIST, FIND, JOURNAL, LOCK], "record 9 of fleet night/"),
        ("UPDATE fleet_records SET event = '{\"event\":\"unheard-of\"}' WHERE sequence = 3", &[LIST], "cannot be read"),
        ("UPDATE fleet_records SET event = replace(event, 'i-2', 'i-4')", &[LIST, LOCK], "is not what was written"),
        ("UPDATE fleet_records SET at = at + 1 WHERE sequence = 5", &[JOURNAL], "record 5 of fleet night/"),
        ("UPDATE fleets SET ended_at = 5", &[LIST, FIND, LOCK], "is not what was written"),
        ("UPDATE fleets SET name = 'nacht'", &[LIST, FIND], "is not what was written"),
        ("UPDATE fleets SET nonce = 'abcdefabcdef'", &[LIST, FIND], "is not what was written"),
        ("UPDATE fleet_heads SET length = 8", &[LIST, FIND], "is not what was written"),
        ("UPDATE fleet_heads SET memory = NULL", &[LIST, FIND], "is not what was written"),
        ("DELETE FROM fleet_heads", &[LIST, FIND, LOCK], "the head of the journal of fleet night/"),
        ("PRAGMA foreign_keys = OFF; DELETE FROM fleets", &[LIST, FIND], "fleet 1 is missing, though its journal is"),
        ("UPDATE fleet_memory SET memory = replace(memory, 'i-9', 'i-8')", &[MEMORY, LOCK], "is not what was written"),
        ("DELETE FROM fleet_memory", &[MEMORY, LOCK], "the engine's memory of fleet night/"),
        ("UPDATE fleet_passes SET record = replace(record, 'classad', 'elastiq')", &[PASSES, LIST], "is not what was"),
        ("DELETE FROM fleet_passes WHERE sequence = 4", &[PASSES], "pass 4 of fleet night/"),
        ("DELETE FROM fleet_passes WHERE sequence = 9", &[PASSES, LIST], "pass 9 of fleet night/"),
    ];
    for (tamper, questions, found) in tampers {
        let directory = tempdir().unwrap();
        let file = directory.path().join("hoist.db");
        let state = StateFile::open(&file).unwrap();
        let lock = state.create_fleet(&fleet_name("night"), &Owner::current()).unwrap();
        for (number, event) in (1..=9).zip(fleet_journal()) {
            record(&*lock.journal(), &full_batch(number, vec![event])).unwrap();
        }
        drop(lock);
        Connection::open(&file).unwrap().execute_batch(tamper).unwrap();
        for question in questions {
            let error = question(&state).expect_err(tamper);
            assert!(matches!(error, StateError::Corrupt { .. }), "{tamper}: {error}");
            assert!(error.to_string().contains(found), "{tamper}: {error}");
            assert!(error.hint().unwrap().contains("hoist orphans"), "{error}");
        }
    }
}

#[test]
fn one_damaged_fleet_leaves_the_others_alone() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let me = Owner::current();
    let ids = ["night", "day"].map(|name| state.create_fleet(&fleet_name(name), &me).unwrap().id().clone());
    Connection::open(&file).unwrap().execute_batch("UPDATE fleets SET name = 'x' WHERE name = 'day'").unwrap();
    let lock = state.lock_fleet(&ids[0], &me).unwrap();
    record_events(&*lock.journal(), vec![launch("t-1", 1)]).unwrap();
    assert_eq!(state.find_fleet(&fleet_name("night")).unwrap().sequence, 1);
    assert!(matches!(state.fleets(false), Err(StateError::Corrupt { .. })), "a list would hide its machines");
    // Whether one of that name goes on is not known.
    assert!(matches!(state.fleet(&ids[1]), Err(StateError::Corrupt { .. })));
    for name in ["day", "x", "never"] {
        assert!(matches!(state.find_fleet(&fleet_name(name)), Err(StateError::Corrupt { .. })), "{name}");
    }
}

#[test]
fn what_is_damaged_is_not_written_on() {
    for tamper in ["UPDATE fleet_heads SET length = 1", "UPDATE fleet_heads SET seal = zeroblob(32)"] {
        let directory = tempdir().unwrap();
        let file = directory.path().join("hoist.db");
        let state = StateFile::open(&file).unwrap();
        let lock = state.create_fleet(&fleet_name("night"), &Owner::current()).unwrap();
        record_events(&*lock.journal(), vec![launch("t-1", 1), launch("t-2", 1)]).unwrap();
        Connection::open(&file).unwrap().execute_batch(tamper).unwrap();
        // This process knows what it wrote last, and another one does not: both see it.
        let error = record_events(&*lock.journal(), vec![launch("t-3", 1)]).unwrap_err();
        assert!(error.message.contains("is not what was written"), "{tamper}: {}", error.message);
        drop(lock);
        assert!(matches!(state.find_fleet(&fleet_name("night")), Err(StateError::Corrupt { .. })));
    }
}

#[test]
fn who_changes_a_journal_from_outside_is_followed_if_the_file_is_sound() {
    let directory = tempdir().unwrap();
    let file = directory.path().join("hoist.db");
    let state = StateFile::open(&file).unwrap();
    let first = state.create_fleet(&fleet_name("night"), &Owner::current()).unwrap();
    record_events(&*first.journal(), vec![launch("t-1", 1)]).unwrap();
    let token = "SELECT token FROM fleet_locks";
    let outside = Connection::open(&file).unwrap();
    let token: String = outside.query_row(token, [], |row| row.get(0)).unwrap();
    outside.execute_batch("UPDATE fleet_locks SET heartbeat = 0, heartbeat_uptime = -1000000").unwrap();
    outside.execute_batch("UPDATE fleet_locks SET place = NULL, host = 'elsewhere'").unwrap();
    let second = state.lock_fleet(first.id(), &Owner::current()).unwrap();
    record_events(&*second.journal(), vec![launch("t-2", 2)]).unwrap();
    // As if the first had it back: what it knew is out of date.
    outside.execute("UPDATE fleet_locks SET token = ?1", [token]).unwrap();
    let batch = FleetBatch {
        maximum: Some(3),
        ..FleetBatch::events(jiff::Timestamp::now(), vec![launch("t-3", 1), launch("t-4", 0)])
    };
    let refused = record(&*first.journal(), &batch).unwrap_err();
    assert!(refused.message.contains("would make 4, above the maximum of 3"), "{}", refused.message);
    record_events(&*first.journal(), vec![FleetEvent::StopIntended { keep_workers: true, now: false }]).unwrap();
    assert_eq!(state.fleet(first.id()).unwrap().sequence, 3);
}
