use serde::Deserialize;
use serde_json::Value as Json;

use super::first_seen::FirstSeen;
use super::work_source::WorkReading;
use crate::elastic::engine::{Demand, Host, JobGroup, MachineId, PoolMachine, Reading, Seconds, Wants};

/// What a program, a file or an HTTP server tells of the work that waits: a number, or a JSON object with some of these
/// parts. What is left out is not known.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkReport {
    /// Number of waiting jobs. None: the sum of the groups, if there are any.
    #[serde(default)]
    waiting: Option<u64>,
    /// Number of waiting jobs that no machine of the fleet can serve.
    #[serde(default)]
    unservable: u64,
    /// Number of jobs that run on the fleet's workers. None: not known.
    #[serde(default)]
    running: Option<u64>,
    /// The hosts of the pool.
    #[serde(default)]
    hosts: Option<Vec<ReportedHost>>,
    /// The waiting work in groups, as in observations.
    #[serde(default)]
    pub(super) groups: Option<Vec<JobGroup>>,
    /// The machines of the pool with their slots, as in observations.
    #[serde(default)]
    slots: Option<Vec<PoolMachine>>,
}

/// A host of the pool, as a program tells of it.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
struct ReportedHost {
    /// Identity of its machine at the cloud, or its own name.
    id: MachineId,
    /// Number of slots with a job.
    #[serde(default)]
    busy: u32,
    /// Number of slots.
    #[serde(default = "one")]
    slots: u32,
    /// Time at which it joined the pool. None: at which it was first told of.
    #[serde(default)]
    joined_at: Option<Seconds>,
    /// Time since which no slot has been busy.
    #[serde(default)]
    idle_since: Option<Seconds>,
    /// Whether the pool has lost contact with it.
    #[serde(default)]
    silent: bool,
}

fn one() -> u32 {
    1
}

/// A text that does not tell how much work waits.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum ReportError {
    /// There is nothing in it.
    #[error("it is empty, which does not say that no job waits")]
    Empty,
    /// It is no number.
    #[error("{0} is no number of jobs")]
    NoNumber(String),
    /// It is no report.
    #[error("it is no report of work: {0}")]
    NoReport(String),
    /// None of its parts is there.
    #[error("it has none of \"waiting\", \"hosts\", \"groups\" and \"slots\"")]
    NoPart,
}

/// The hint for a text that is no report.
pub(super) const REPORT_HINT: &str =
    "it must be a number, or {\"waiting\": 3, \"unservable\": 0, \"hosts\": [{\"id\": \"i-1\", \"busy\": 1}]}";

impl WorkReport {
    /// Reads a number or a JSON object.
    pub(super) fn parse(text: &str) -> Result<Self, ReportError> {
        let text = text.trim();
        if text.is_empty() {
            return Err(ReportError::Empty);
        }
        if !text.starts_with('{') {
            let number: Option<Json> = serde_json::from_str(text).ok();
            let waiting = number.as_ref().and_then(count).filter(|waiting| *waiting > 0 || is_zero(text));
            let waiting = waiting.ok_or_else(|| ReportError::NoNumber(shown(text)))?;
            return Ok(Self::of_number(waiting));
        }
        let report: Self = serde_json::from_str(text).map_err(|error| ReportError::NoReport(error.to_string()))?;
        if report.waiting.is_none() && report.hosts.is_none() && report.groups.is_none() && report.slots.is_none() {
            return Err(ReportError::NoPart);
        }
        Ok(report)
    }

    /// Makes a report of a number of waiting jobs.
    pub(super) fn of_number(waiting: u64) -> Self {
        Self { waiting: Some(waiting), ..Self::default() }
    }

    /// Makes a report of groups of jobs.
    pub(super) fn of_groups(groups: Vec<JobGroup>) -> Self {
        Self { groups: Some(groups), ..Self::default() }
    }

    /// Returns the parts that are wanted. A part that is wanted and left out is unread.
    pub(super) fn into_reading(self, wants: Wants, seen: &FirstSeen, now: Seconds) -> WorkReading {
        let sum = |groups: &Vec<JobGroup>| groups.iter().fold(0, |sum: u64, group| sum.saturating_add(group.count));
        let waiting = self.waiting.or_else(|| self.groups.as_ref().map(sum));
        let quiet =
            waiting.zip(self.running).map(|(waiting, running)| (waiting, self.unservable) == (0, 0) && running == 0);
        let demand = waiting.map(|waiting| Demand { waiting, unservable: self.unservable });
        let pool = self.hosts.map(|hosts| {
            let ids: Vec<MachineId> = hosts.iter().map(|host| host.id.clone()).collect();
            let first = seen.of(&ids, now);
            hosts.into_iter().zip(first).map(|(host, first)| host.told(first)).collect()
        });
        WorkReading {
            demand: part(demand, wants.demand),
            pool: part(pool, wants.pool),
            groups: part(self.groups, wants.groups),
            slots: part(self.slots, wants.slots),
            quiet,
            ..WorkReading::default()
        }
    }
}

impl ReportedHost {
    fn told(self, first_seen: Seconds) -> Host {
        Host {
            id: self.id,
            busy: self.busy,
            slots: self.slots,
            joined_at: self.joined_at.unwrap_or(first_seen),
            idle_since: self.idle_since,
            silent: self.silent,
        }
    }
}

fn part<T>(value: Option<T>, wanted: bool) -> Reading<T> {
    value.filter(|_| wanted).map_or(Reading::Unread, |value| Reading::Fresh { value })
}

/// Returns the whole number that a JSON value is.
pub(super) fn count(value: &Json) -> Option<u64> {
    let Json::Number(number) = value else { return None };
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is whole and within bounds")]
    let whole = |real: f64| (real.fract() == 0.0 && (0.0..9e15).contains(&real)).then_some(real as u64);
    number.as_u64().or_else(|| number.as_f64().and_then(whole))
}

/// Whether the notation of a number is that of 0, and not of one too small to be told from it, such as `1e-400`.
fn is_zero(text: &str) -> bool {
    let mantissa = text.split(['e', 'E']).next().unwrap_or(text);
    !mantissa.bytes().any(|byte| matches!(byte, b'1'..=b'9'))
}

/// Returns the beginning of a text, for a message.
pub(super) fn shown(text: &str) -> String {
    let start: String = text.chars().take(40).collect();
    format!("\"{}\"", start.escape_debug())
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALL: Wants = Wants { demand: true, machines: true, pool: true, groups: true, slots: true };

    fn reading(text: &str) -> WorkReading {
        WorkReport::parse(text).unwrap().into_reading(ALL, &FirstSeen::default(), 50)
    }

    #[test]
    fn a_number_is_the_demand_alone() {
        for (text, waiting) in [("0\n", 0), (" 17 ", 17), ("3.0", 3), ("0.0", 0), ("0e5", 0)] {
            let reading = reading(text);
            assert_eq!(reading.demand, Reading::Fresh { value: Demand { waiting, unservable: 0 } });
            assert_eq!((reading.pool, reading.quiet), (Reading::Unread, None));
        }
    }

    #[test]
    fn it_is_quiet_when_both_numbers_are_told_and_zero() {
        let quiet = |text: &str| reading(text).quiet;
        assert_eq!(quiet("0"), None);
        assert_eq!(quiet("{\"waiting\": 0, \"running\": 0}"), Some(true));
        assert_eq!(quiet("{\"waiting\": 0, \"running\": 2}"), Some(false));
        assert_eq!(quiet("{\"waiting\": 1, \"running\": 0}"), Some(false));
        assert_eq!(quiet("{\"waiting\": 0, \"unservable\": 1, \"running\": 0}"), Some(false));
        assert_eq!(reading("{\"waiting\": 4, \"running\": 2}").pool, Reading::Unread);
    }

    #[test]
    fn parts_that_are_left_out_are_unread() {
        let text = r#"{"waiting": 5, "unservable": 2, "hosts": [{"id": "i-1", "busy": 1},
            {"id": "i-2", "slots": 4, "joined_at": 9, "idle_since": 12, "silent": true}]}"#;
        let reading = reading(text);
        assert_eq!(reading.demand, Reading::Fresh { value: Demand { waiting: 5, unservable: 2 } });
        let host = |id: &str, busy, slots, joined_at, idle_since, silent| Host {
            id: MachineId::new(id),
            busy,
            slots,
            joined_at,
            idle_since,
            silent,
        };
        let hosts = vec![host("i-1", 1, 1, 50, None, false), host("i-2", 0, 4, 9, Some(12), true)];
        assert_eq!(reading.pool, Reading::Fresh { value: hosts });
        assert_eq!((reading.groups, reading.slots), (Reading::Unread, Reading::Unread));
        let unwanted = WorkReport::parse(text).unwrap().into_reading(Wants::default(), &FirstSeen::default(), 0);
        assert_eq!((unwanted.demand, unwanted.pool), (Reading::Unread, Reading::Unread));
    }

    #[test]
    fn groups_and_slots_are_as_in_observations() {
        let text = r#"{"groups": [{"id": "a", "count": 3, "ad": "[ RequestCpus = 2 ]", "oldest": 7}],
            "slots": [{"id": "i-1", "joined_at": 5, "slots": [{"name": "slot1", "kind": "partitionable",
            "state": "unclaimed", "claims": 0, "ad": "[ Cpus = 4 ]"}]}]}"#;
        let reading = reading(text);
        assert_eq!(reading.demand.fresh().unwrap().waiting, 3);
        assert_eq!(reading.groups.fresh().unwrap()[0].oldest, 7);
        assert_eq!(reading.slots.fresh().unwrap()[0].slots[0].ad.len(), 1);
    }

    #[test]
    fn what_tells_nothing_is_refused() {
        for text in [
            "",
            " \n",
            "-1",
            "1.5",
            "1e-400",
            "0.1e-330",
            "many",
            "\"3\"",
            "null",
            "[1]",
            "1 2",
            "{}",
            "{\"wating\": 1}",
            "{\"waiting\": -1}",
        ] {
            WorkReport::parse(text).expect_err(text);
        }
    }
}
