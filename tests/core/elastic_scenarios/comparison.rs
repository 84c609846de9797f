//! Comparison of two traces: events of one second, action and reason count together; neither the order within a second
//! nor the choice of a machine counts.

use std::collections::BTreeMap;

use serde_json::Value;

/// Actions that launch or end machines.
const COUNTED: [&str; 6] = ["boot", "launch", "start", "terminate", "destroy", "stop"];

/// Time, action and reason of events that count as one.
type Key = (i64, String, String);

/// Number of machines, and unique slots in order.
type Sum = (u64, Vec<String>);

/// Returns the events of a trace, added up. Ends of machines that were gone and stops that stopped nothing are left
/// out.
pub(super) fn merged(events: &Value) -> BTreeMap<Key, Sum> {
    let mut merged: BTreeMap<Key, Sum> = BTreeMap::new();
    for event in events.as_array().into_iter().flatten() {
        let text = |name: &str| event[name].as_str().unwrap_or_default().to_owned();
        let action = text("action");
        let nothing = action == "stop" && event["ids"].as_array().is_some_and(Vec::is_empty);
        if event["already_gone"] == true || nothing {
            continue;
        }
        let sum = merged.entry((event["t"].as_i64().unwrap(), action.clone(), text("reason"))).or_default();
        if COUNTED.contains(&action.as_str()) {
            sum.0 += event["count"].as_u64().unwrap_or(1);
        }
        let slots = event["uniques"].as_array().into_iter().flatten();
        sum.1.extend(slots.filter_map(Value::as_str).map(str::to_owned));
    }
    merged.values_mut().for_each(|(_, slots)| slots.sort());
    merged
}

/// Returns the difference of two traces, a line for each event.
pub(super) fn difference(expected: &Value, found: &Value) -> Vec<String> {
    let (expected, found) = (merged(expected), merged(found));
    let missing = expected.iter().filter(|(key, sum)| found.get(*key) != Some(*sum));
    let unexpected = found.iter().filter(|(key, sum)| expected.get(*key) != Some(*sum));
    missing.map(|event| format!("- {event:?}")).chain(unexpected.map(|event| format!("+ {event:?}"))).collect()
}

#[test]
fn events_of_one_second_count_together_and_machines_that_were_gone_do_not_count() {
    let one = serde_json::json!([
        {"t": 5, "action": "terminate", "reason": "idle", "count": 1, "ids": ["m1"]},
        {"t": 5, "action": "terminate", "reason": "idle", "count": 1, "ids": ["m2"]},
        {"t": 9, "action": "terminate", "reason": "never_joined", "count": 1, "ids": ["m1"], "already_gone": true},
        {"t": 9, "action": "stop", "reason": "timeout", "count": 1, "ids": []},
    ]);
    let other = serde_json::json!([{"t": 5, "action": "terminate", "reason": "idle", "count": 2, "ids": ["m3", "m4"]}]);
    assert_eq!(difference(&one, &other), [""; 0]);
    let more = serde_json::json!([{"t": 5, "action": "terminate", "reason": "idle", "count": 3}]);
    assert_eq!(difference(&other, &more).len(), 2);
}
