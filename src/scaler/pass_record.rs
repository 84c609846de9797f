use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::elastic::engine::{Decision, Note, Outcome, Seconds};

/// The numbers of an observation that `status`, `why` and metrics show.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Seen {
    /// Number of waiting jobs that a machine of the fleet could serve. None: not read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub waiting: Option<u64>,
    /// Number of waiting jobs that no machine of the fleet can serve.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unservable: Option<u64>,
    /// Number of jobs that have not appeared yet and would as soon as the waiting ones start (late materialization).
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hidden: Option<u64>,
    /// Number of held jobs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub held: Option<u64>,
    /// Number of hosts of the pool.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub hosts: Option<u64>,
    /// Number of hosts with a claim.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub busy: Option<u64>,
    /// Number of slots of the pool, without dynamic ones.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub slots: Option<u64>,
    /// Number of own machines by state, as the cloud shows them.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub machines: BTreeMap<String, u64>,
    /// Age in seconds of each reading that was not fresh, by source: demand, pool, groups, slots, machines.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub stale: BTreeMap<String, Seconds>,
    /// Error of each source that did not answer, by source.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub failed: BTreeMap<String, String>,
    /// Time from which a source without a fresh answer has one by itself, by source, where that is known.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub answers_from: BTreeMap<String, Seconds>,
}

/// A pass: what was seen, decided, and what came of it. `why` reads these.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PassRecord {
    /// Its number, from 1.
    pub number: u64,
    /// When its readings were complete.
    pub at: Timestamp,
    /// Name of the engine.
    pub engine: String,
    /// Limits of the number of workers that held: minimum and maximum.
    pub bounds: (u32, u32),
    /// What was seen.
    pub seen: Seen,
    /// What was decided, after all limits.
    pub decisions: Vec<Decision>,
    /// Remarks about what was not decided, and why.
    pub notes: Vec<Note>,
    /// What came of the decisions, once the calls have ended.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub outcome: Option<Outcome>,
    /// Number of later passes that saw and decided the same, which are not kept one by one.
    #[serde(default)]
    pub repeats: u64,
    /// Time of the last of them.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

impl PassRecord {
    /// Returns the record of a pass in which nothing has happened yet; `bounds` are the minimum and the maximum number
    /// of workers.
    pub fn new(number: u64, at: Timestamp, engine: &str, bounds: (u32, u32)) -> Self {
        Self {
            number,
            at,
            engine: engine.to_owned(),
            bounds,
            seen: Seen::default(),
            decisions: Vec::new(),
            notes: Vec::new(),
            outcome: None,
            repeats: 0,
            until: None,
        }
    }

    /// Returns the record that stands for this pass and a later one: the later one, if it is this pass told again with
    /// what came of it; this one with a repeat more, if the later one saw and decided the same, which is nothing for
    /// the same reasons. The ages of readings may differ. None: the two stand apart.
    pub fn merged(&self, later: &Self) -> Option<Self> {
        if self.number == later.number && self.repeats == 0 {
            return Some(later.clone());
        }
        if !self.is_idle() || !later.is_idle() || self.said() != later.said() {
            return None;
        }
        // One that was counted before is not counted twice.
        if later.number <= self.number + self.repeats {
            return Some(self.clone());
        }
        Some(Self { repeats: self.repeats + 1, until: Some(later.at), ..self.clone() })
    }

    /// Returns the time of the last pass that this stands for.
    pub fn end(&self) -> Timestamp {
        self.until.unwrap_or(self.at)
    }

    /// Whether nothing was decided, and nothing came of it.
    fn is_idle(&self) -> bool {
        self.decisions.is_empty()
            && self.outcome.as_ref().is_none_or(|outcome| *outcome == Outcome::nothing(outcome.now))
    }

    /// Returns what repeats have in common.
    fn said(&self) -> (&str, (u32, u32), Seen, Vec<&str>, &[Note]) {
        let seen = Seen { stale: BTreeMap::new(), ..self.seen.clone() };
        (&self.engine, self.bounds, seen, self.seen.stale.keys().map(String::as_str).collect(), &self.notes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elastic::engine::{Launch, Reason};

    fn pass(number: u64) -> PassRecord {
        let at = Timestamp::from_second(number.cast_signed()).unwrap();
        PassRecord {
            seen: Seen { waiting: Some(2), ..Seen::default() },
            notes: vec![Note::Unservable { jobs: 2 }],
            ..PassRecord::new(number, at, "classad", (0, 4))
        }
    }

    #[test]
    fn idle_passes_are_counted_and_told_twice_count_once() {
        let merged = pass(3).merged(&pass(4)).unwrap().merged(&pass(5)).unwrap().merged(&pass(5)).unwrap();
        assert_eq!((merged.number, merged.repeats, merged.end()), (3, 2, pass(5).at));
        let settled = PassRecord { outcome: Some(Outcome::nothing(0)), ..pass(5) };
        assert_eq!(merged.merged(&settled), Some(merged));
    }

    #[test]
    fn passes_that_saw_or_decided_anything_else_stand_apart() {
        let launch = Decision::Launch(Launch::plain(1, Reason::Error { failed: 1 }));
        let acted = PassRecord { decisions: vec![launch], ..pass(4) };
        assert_eq!(pass(3).merged(&acted), None);
        assert_eq!(acted.merged(&PassRecord { number: 5, ..acted.clone() }), None);
        let settled = PassRecord { outcome: Some(Outcome { refused: 1, ..Outcome::nothing(4) }), ..acted.clone() };
        assert_eq!(acted.merged(&settled), Some(settled));
        let other = Seen { waiting: Some(3), ..Seen::default() };
        assert_eq!(pass(3).merged(&PassRecord { seen: other, ..pass(4) }), None);
        assert_eq!(pass(3).merged(&PassRecord { notes: Vec::new(), ..pass(4) }), None);
        assert_eq!(pass(3).merged(&PassRecord { bounds: (0, 5), ..pass(4) }), None);
    }

    #[test]
    fn only_the_age_of_a_reading_may_differ() {
        let aged = |number, age: Seconds| {
            let stale = BTreeMap::from([("pool".to_owned(), age)]);
            PassRecord { seen: Seen { stale, ..pass(number).seen }, ..pass(number) }
        };
        assert!(aged(3, 10).merged(&aged(4, 20)).is_some());
        assert_eq!(pass(3).merged(&aged(4, 20)), None);
    }
}
