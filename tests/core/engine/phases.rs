//! The transition function: total, and told again it says the same.

use hoist::engine::{JournalEntry, Run};
use jiff::Timestamp;
use proptest::prelude::*;

use crate::engine::changes::{change, event};
use crate::simulated;

const LEVELS: [&[&str]; 2] = [&["a", "here"], &["b"]];

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_sequence_of_changes_leads_somewhere_or_is_refused(changes in prop::collection::vec(change(), 0..60)) {
        let mut phase = hoist::engine::Phase::Pending;
        for (sequence, change) in changes.iter().enumerate() {
            if let Some(next) = phase.next(change, sequence as u64) {
                prop_assert!(!next.name().is_empty());
                phase = next;
            }
        }
    }

    #[test]
    fn a_journal_that_was_written_replays_to_the_same_run(events in prop::collection::vec(event(), 0..120)) {
        let directory = tempfile::tempdir().unwrap();
        let plan = simulated::plan(directory.path(), &LEVELS);
        let mut run = Run::new("test.1", "test", plan.clone());
        let mut records = Vec::new();
        for event in events {
            let record = JournalEntry { sequence: run.sequence() + 1, at: Timestamp::UNIX_EPOCH, event };
            let before = format!("{:?}", (run.records(), &run.goal, run.ended));
            match run.apply(&record) {
                Ok(()) => records.push(record),
                Err(_) => prop_assert_eq!(before, format!("{:?}", (run.records(), &run.goal, run.ended))),
            }
            // Whatever a run is like, these give an answer.
            let _ = (hoist::engine::decide(&run), run.summary());
        }
        let written = serde_json::to_string(&records).unwrap();
        let read: Vec<JournalEntry> = serde_json::from_str(&written).unwrap();
        prop_assert_eq!(&read, &records);
        let replayed = Run::replay("test.1", "test", plan, &read).unwrap();
        prop_assert_eq!(
            format!("{:?}", (run.records(), &run.goal, run.ended, run.status())),
            format!("{:?}", (replayed.records(), &replayed.goal, replayed.ended, replayed.status()))
        );
    }
}
