use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::Serialize;

use super::pass_text::{nothing_to_do, outcome_sentence};
use super::sentences::{FleetPlace, Obstacle, decision_sentence, pass_note_sentence, pass_obstacle};
use crate::elastic::engine::{Decision, Reason, Seconds};
use crate::scaler::PassRecord;

/// A pass of a fleet's scaler.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct PassView<'a> {
    /// Its number, from 1.
    pass: u64,
    /// When its readings were complete.
    at: Timestamp,
    /// Number of later passes that saw and decided the same.
    repeats: u64,
    /// Time of the last of them.
    until: Option<Timestamp>,
    /// The engine.
    engine: &'a str,
    /// The minimum that held.
    min: u32,
    /// The maximum that held.
    max: u32,
    /// Number of waiting jobs that a worker could serve. Null: not read.
    waiting: Option<u64>,
    /// Number of waiting jobs that no worker can serve.
    unservable: Option<u64>,
    /// Number of jobs that appear only when the waiting ones have started (late materialization). Null: not read.
    hidden: Option<u64>,
    /// Number of held jobs. Null: not told.
    held: Option<u64>,
    /// Number of hosts of the pool.
    hosts: Option<u64>,
    /// Number of hosts with a claim.
    busy: Option<u64>,
    /// Number of slots of the pool.
    slots: Option<u64>,
    /// Number of own machines by state, as the cloud shows them.
    machines: &'a BTreeMap<String, u64>,
    /// Age in seconds of each answer that was not fresh, by source.
    stale: &'a BTreeMap<String, i64>,
    /// Error of each source that did not answer.
    failed: &'a BTreeMap<String, String>,
    /// Time from which a source without a fresh answer has one by itself, by source, where that is known: after the
    /// start of HTCondor's collector, for example.
    answers_from: BTreeMap<&'a str, Timestamp>,
    /// What was decided.
    decisions: Vec<DecisionView<'a>>,
    /// What came of it, in a sentence.
    outcome: Option<String>,
    /// What was left undone, a sentence each.
    notes: Vec<String>,
    /// What kept it from more. Null: nothing did.
    obstacle: Option<ObstacleView>,
    /// Why there was nothing to do, if nothing was decided and nothing stood against it.
    idle: Option<String>,
}

/// A decision.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct DecisionView<'a> {
    /// `launch`, `drain`, `cancel_drain` or `terminate`.
    decision: &'static str,
    /// Number of machines.
    count: usize,
    /// The kind of machines to launch.
    kind: Option<&'a str>,
    /// The machines; none of a launch.
    machines: Vec<&'a str>,
    /// The reason as a word.
    reason: Option<&'static str>,
    /// What and why, in a sentence.
    sentence: String,
}

/// What kept a pass from more.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct ObstacleView {
    /// What it is, with its numbers.
    sentence: String,
    /// What lifts it: a command, a setting, or a time to wait for.
    remedy: String,
}

impl ObstacleView {
    pub(super) fn of(obstacle: Obstacle) -> Self {
        Self { sentence: obstacle.sentence, remedy: obstacle.remedy }
    }
}

impl<'a> PassView<'a> {
    /// Creates the view of a pass of a fleet.
    pub fn of(pass: &'a PassRecord, place: &FleetPlace<'_>) -> Self {
        let seen = &pass.seen;
        let obstacle = pass_obstacle(pass, place);
        let is_idle = obstacle.is_none() && pass.decisions.is_empty();
        Self {
            pass: pass.number,
            at: pass.at,
            repeats: pass.repeats,
            until: pass.until,
            engine: &pass.engine,
            min: pass.bounds.0,
            max: pass.bounds.1,
            waiting: seen.waiting,
            unservable: seen.unservable,
            hidden: seen.hidden,
            held: seen.held,
            hosts: seen.hosts,
            busy: seen.busy,
            slots: seen.slots,
            machines: &seen.machines,
            stale: &seen.stale,
            failed: &seen.failed,
            answers_from: seen.answers_from.iter().filter_map(answers_from).collect(),
            decisions: pass.decisions.iter().map(DecisionView::of).collect(),
            outcome: pass.outcome.as_ref().and_then(outcome_sentence),
            notes: pass.notes.iter().map(|note| pass_note_sentence(note, seen)).collect(),
            obstacle: obstacle.map(ObstacleView::of),
            idle: is_idle.then(|| nothing_to_do(pass)),
        }
    }
}

fn answers_from<'a>((source, at): (&'a String, &Seconds)) -> Option<(&'a str, Timestamp)> {
    Some((source, Timestamp::from_second(*at).ok()?))
}

impl<'a> DecisionView<'a> {
    fn of(decision: &'a Decision) -> Self {
        let (word, machines, reason): (_, &[_], &Reason) = match decision {
            Decision::Launch(launch) => ("launch", &[], &launch.reason),
            Decision::Terminate(end) => ("terminate", &end.machines, &end.reason),
            Decision::Drain(drain) => ("drain", &drain.machines, &drain.reason),
            Decision::CancelDrain(cancel) => ("cancel_drain", &cancel.machines, &cancel.reason),
        };
        let (kind, count) = match decision {
            Decision::Launch(launch) => (launch.kind.as_deref(), launch.count as usize),
            _ => (None, machines.len()),
        };
        Self {
            decision: word,
            count,
            kind,
            machines: machines.iter().map(|machine| machine.as_str()).collect(),
            reason: reason.word(),
            sentence: decision_sentence(decision),
        }
    }
}
