//! The numbers that a pass saw, for people.

use std::time::Duration;

use crate::diagnostics::{agreeing, counted};
use crate::report::time::duration;
use crate::scaler::Seen;

/// Says what a pass saw, in parts: waiting jobs, the pool, the machines. What was not read is left out.
pub(super) fn seen_parts(seen: &Seen) -> Vec<String> {
    let mut parts = Vec::new();
    if let Some(waiting) = seen.waiting {
        parts.push(format!("{} {}", counted(waiting, "job"), agreeing(waiting, "waits", "wait")));
    }
    if let Some(unservable) = seen.unservable.filter(|unservable| *unservable > 0) {
        parts.push(format!("{unservable} more that no worker can run"));
    }
    if let Some(hidden) = seen.hidden.filter(|hidden| *hidden > 0) {
        parts.push(format!("{hidden} more {} when these have started", agreeing(hidden, "appears", "appear")));
    }
    if let Some(held) = seen.held.filter(|held| *held > 0) {
        parts.push(format!("{held} {} held", agreeing(held, "is", "are")));
    }
    match (seen.hosts, seen.busy) {
        (Some(hosts), Some(busy)) => {
            let number = if hosts == 1 { 1 } else { busy };
            parts.push(format!("{busy} of {} {} busy", counted(hosts, "host"), agreeing(number, "is", "are")));
        }
        (Some(hosts), None) => parts.push(counted(hosts, "host")),
        (None, _) => {}
    }
    if !seen.machines.is_empty() {
        let states: Vec<String> = seen.machines.iter().map(|(state, count)| format!("{count} {state}")).collect();
        parts.push(format!("machines: {}", states.join(", ")));
    }
    parts
}

/// Says which sources did not answer, or not freshly, a sentence each.
pub(super) fn silent_sources(seen: &Seen) -> Vec<String> {
    let failed = seen.failed.iter().map(|(source, error)| match seen.answers_from.get(source) {
        Some(_) => format!("{} has no answer to go by yet: {error}", name(source)),
        None => format!("{} did not answer: {error}", name(source)),
    });
    let stale = seen.stale.iter().filter(|(source, _)| !seen.failed.contains_key(*source)).map(|(source, age)| {
        format!("the last answer of {} is {} old", name(source), duration(Duration::from_secs(age.unsigned_abs())))
    });
    failed.chain(stale).collect()
}

/// Returns the name of a source of readings as people know it.
fn name(source: &str) -> &str {
    match source {
        "demand" | "groups" => "the queue",
        "pool" | "slots" => "the pool",
        "machines" => "the cloud",
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_source_that_failed_is_told_once() {
        let seen = Seen {
            stale: [("groups".to_owned(), 90)].into(),
            failed: [("groups".to_owned(), "condor_q: no route to host".to_owned())].into(),
            ..Seen::default()
        };
        assert_eq!(silent_sources(&seen), ["the queue did not answer: condor_q: no route to host"]);
    }

    #[test]
    fn a_source_that_answers_by_itself_is_not_silent() {
        let seen = Seen {
            failed: [("groups".to_owned(), "the collector has been up for 9 s".to_owned())].into(),
            answers_from: [("groups".to_owned(), 320)].into(),
            ..Seen::default()
        };
        assert_eq!(silent_sources(&seen), ["the queue has no answer to go by yet: the collector has been up for 9 s"]);
    }

    #[test]
    fn one_and_several_are_told_apart() {
        let of = |count| Seen {
            waiting: Some(count),
            hidden: Some(count),
            held: Some(count),
            hosts: Some(count),
            busy: Some(count),
            ..Seen::default()
        };
        let one = ["1 job waits", "1 more appears when these have started", "1 is held", "1 of 1 host is busy"];
        let two = ["2 jobs wait", "2 more appear when these have started", "2 are held", "2 of 2 hosts are busy"];
        assert_eq!(
            (seen_parts(&of(1)), seen_parts(&of(2))),
            (one.map(str::to_owned).into(), two.map(str::to_owned).into())
        );
    }

    #[test]
    fn what_was_not_read_is_left_out() {
        let seen = Seen { waiting: Some(12), hosts: Some(6), busy: Some(6), ..Seen::default() };
        assert_eq!(seen_parts(&seen), ["12 jobs wait", "6 of 6 hosts are busy"]);
    }
}
