//! Properties that a trace must have where the original had a fault.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

const UP: [&str; 3] = ["boot", "launch", "start"];
const DOWN: [&str; 3] = ["terminate", "destroy", "stop"];

fn events(trace: &Value) -> impl Iterator<Item = &Value> {
    trace["events"].as_array().into_iter().flatten()
}

fn is(event: &Value, actions: &[&str]) -> bool {
    event["action"].as_str().is_some_and(|action| actions.contains(&action))
}

fn ids(event: &Value) -> impl Iterator<Item = &str> {
    event["ids"].as_array().into_iter().flatten().filter_map(Value::as_str)
}

fn within(event: &Value, between: &Value) -> bool {
    let at = event["t"].as_i64().unwrap();
    between[0].as_i64().is_none_or(|from| at >= from) && between[1].as_i64().is_none_or(|to| at <= to)
}

/// Returns the number of machines that a want speaks of.
fn count(trace: &Value, want: &Value) -> u64 {
    events(trace)
        .filter(|event| event["action"] == want["action"])
        .filter(|event| want["reason"].is_null() || event["reason"] == want["reason"])
        .filter(|event| event["already_gone"] != true && within(event, &want["between"]))
        .map(|event| event["count"].as_u64().unwrap_or(1))
        .sum()
}

/// Returns the largest number of machines: by the summary, or by launches and ends.
fn most_machines(trace: &Value) -> i64 {
    if let Some(most) = trace["summary"]["most_machines"].as_i64() {
        return most;
    }
    let mut now = 0;
    let changes = events(trace).map(|event| {
        let count = event["count"].as_i64().unwrap_or(1);
        now += if is(event, &UP) { count } else { -count * i64::from(is(event, &DOWN)) };
        now
    });
    changes.max().unwrap_or(0)
}

fn ends_no_machine_twice(trace: &Value) -> bool {
    let mut ended = BTreeSet::new();
    let mut ends = events(trace).filter(|event| is(event, &DOWN));
    ends.all(|event| event["already_gone"] != true && ids(event).all(|id| ended.insert(id)))
}

fn lives_at_least(trace: &Value, least: i64) -> bool {
    let mut born = BTreeMap::new();
    for event in events(trace).filter(|event| is(event, &UP)) {
        born.extend(ids(event).map(|id| (id, event["t"].as_i64().unwrap())));
    }
    let mut ends = events(trace).filter(|event| is(event, &DOWN));
    ends.all(|event| ids(event).all(|id| born.get(id).is_none_or(|born| event["t"].as_i64().unwrap() - born >= least)))
}

/// Tells whether no machine at work is ended while others are on their way.
fn spares_running(trace: &Value, between: &Value) -> bool {
    const BOOTING: [&str; 4] = ["REQUESTING", "REQUESTED", "PENDING", "STARTED"];
    let state = |words: &Value| words.as_str().unwrap_or_default().split(' ').next().unwrap_or_default().to_owned();
    let seen = |at: i64| {
        let sightings = trace["observations"].as_array().unwrap();
        let seen = sightings.iter().rfind(|sighting| sighting[0].as_i64().unwrap() <= at).unwrap();
        seen[1]["machines"].as_object().unwrap().iter().map(|(id, words)| (id.as_str(), state(words)))
    };
    let mut ends = events(trace).filter(|event| event["action"] == "destroy" && within(event, between));
    ends.all(|event| {
        let machines: BTreeMap<&str, String> = seen(event["t"].as_i64().unwrap()).collect();
        let booting = machines.values().any(|state| BOOTING.contains(&state.as_str()));
        !booting || ids(event).all(|id| machines.get(id).is_none_or(|state| state != "RUNNING"))
    })
}

/// Tells whether a trace has the property.
pub(super) fn holds(want: &Value, trace: &Value) -> bool {
    let value = want["value"].as_i64().unwrap_or_default();
    let counted = i64::try_from(count(trace, want)).unwrap();
    let (summary, end) = (&trace["summary"], &trace["final"]);
    let never = |action: &str| events(trace).all(|event| event["action"] != action);
    match want["check"].as_str().unwrap() {
        "count_at_most" => counted <= value,
        "count_at_least" => counted >= value,
        "most_machines_at_most" => most_machines(trace) <= value,
        "jobs_done_at_least" => {
            let in_time =
                want["by"].as_i64().is_none_or(|by| summary["last_job_done"].as_i64().is_some_and(|at| at <= by));
            summary["jobs_done"].as_i64().unwrap() >= value && in_time
        }
        "jobs_done_at_most" => summary["jobs_done"].as_i64().unwrap() <= value,
        "no_machine_left_at_end" => ["running", "pending", "error", "live", "not_destroyed"]
            .iter()
            .all(|state| end[state].as_array().is_none_or(Vec::is_empty)),
        "no_repeated_terminate" => ends_no_machine_twice(trace),
        "no_daemon_death" => never("daemon_died"),
        "no_decide_failed" => never("decide_failed"),
        "no_start_failed" => never("start_failed"),
        "market_is" => {
            events(trace).filter(|event| event["action"] == "start").all(|event| event["market"] == want["value"])
        }
        "never_destroys_running" => spares_running(trace, &want["between"]),
        "lives_at_least" => lives_at_least(trace, value),
        other => panic!("unknown check {other}"),
    }
}
