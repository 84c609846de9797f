//! What becomes of a job in a fleet.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

use super::sentences::{FleetPlace, fate_sentence, first_obstacle, misfit_reason};
use crate::elastic::engine::{Fate, MachineId, Note, Placement};
use crate::report::schema_version::SchemaVersion;
use crate::report::time::local;
use crate::report::{Style, printable};
use crate::scaler::{JudgedBy, KindFate, PassRecord};

/// What is known of a job.
#[derive(Clone, Debug)]
pub struct JobAnswer {
    /// The job as it was asked for.
    pub job: String,
    /// Its group of alike jobs, with their number.
    pub group: Option<(Arc<str>, u64)>,
    /// The last placement of the group, with its pass.
    pub placed: Option<(PassRecord, Placement)>,
    /// What new machines of each kind would say.
    pub kinds: Vec<KindFate>,
    /// Names of the workers that kinds were learned from.
    pub teachers: BTreeMap<MachineId, String>,
    /// What is not known, and why.
    pub remarks: Vec<String>,
}

/// The document of `hoist elastic why NAME --job J`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct WhyJobDocument<'a> {
    schema: SchemaVersion,
    /// The fleet.
    fleet: &'a str,
    /// The job as it was asked for.
    job: &'a str,
    /// Identity of its group of alike jobs. Null: not known.
    group: Option<&'a str>,
    /// Number of jobs of the group.
    jobs: Option<u64>,
    /// The pass that placed the group last. Null: not known.
    pass: Option<u64>,
    /// What became of the group in it, a sentence each.
    fates: Vec<String>,
    /// What kept the group from more, with what lifts it: `sentence` and `remedy`.
    obstacle: Option<String>,
    /// What lifts the obstacle.
    remedy: Option<String>,
    /// What new machines of each kind would say.
    kinds: Vec<JobKindView<'a>>,
    /// What is not known, and why.
    remarks: &'a [String],
}

/// What a new machine of a kind would say.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct JobKindView<'a> {
    /// The kind.
    kind: &'a str,
    /// Whether such a machine would run the job. Null: not known.
    runs: Option<bool>,
    /// Why not.
    reason: Option<String>,
    /// What it was judged by: `ad`, the ad of the first machine of the kind that joined, or `figures`, its figures in
    /// the file.
    judged_by: &'static str,
    /// The worker whose ad that was. Null: the figures, or it is not recorded.
    learned_from: Option<&'a str>,
}

impl<'a> WhyJobDocument<'a> {
    /// Creates the document of a job.
    pub fn new(answer: &'a JobAnswer, place: &FleetPlace<'a>) -> Self {
        let obstacle = obstacle(answer, place);
        let (sentence, remedy) = obstacle.map_or((None, None), |(sentence, remedy)| (Some(sentence), Some(remedy)));
        let placed = answer.placed.as_ref();
        Self {
            schema: SchemaVersion,
            fleet: place.name.as_str(),
            job: &answer.job,
            group: answer.group.as_ref().map(|(group, _)| &**group),
            jobs: answer.group.as_ref().map(|(_, jobs)| *jobs),
            pass: placed.map(|(pass, _)| pass.number),
            fates: placed.iter().flat_map(|(_, placement)| placement.shares.iter().map(fate_sentence)).collect(),
            obstacle: sentence,
            remedy,
            kinds: answer.kinds.iter().map(|kind| JobKindView::of(kind, answer)).collect(),
            remarks: &answer.remarks,
        }
    }
}

impl<'a> JobKindView<'a> {
    fn of(fate: &'a KindFate, answer: &'a JobAnswer) -> Self {
        let (runs, reason) = judged(&fate.fate);
        let judged_by = match fate.judged_by {
            JudgedBy::Ad(_) => "ad",
            JudgedBy::Figures => "figures",
        };
        Self { kind: &fate.kind, runs, reason, judged_by, learned_from: answer.teacher(fate) }
    }
}

impl JobAnswer {
    /// Returns the worker that a kind was learned from, by name, else by id.
    fn teacher<'a>(&'a self, kind: &'a KindFate) -> Option<&'a str> {
        let JudgedBy::Ad(Some(machine)) = &kind.judged_by else { return None };
        Some(self.teachers.get(machine).map_or(machine.as_str(), String::as_str))
    }

    /// Says what a kind was judged by: `by the ad of crunch-1`.
    fn judged_by(&self, kind: &KindFate) -> String {
        match (&kind.judged_by, self.teacher(kind)) {
            (JudgedBy::Figures, _) => "by its figures in the file".to_owned(),
            (JudgedBy::Ad(_), Some(worker)) => format!("by the ad of {worker}"),
            (JudgedBy::Ad(_), None) => "by the ad of the first one that joined".to_owned(),
        }
    }
}

/// Says whether a new machine would run the job, and why not.
fn judged(fate: &Fate) -> (Option<bool>, Option<String>) {
    match fate {
        Fate::Unservable { kinds } => (Some(false), kinds.first().map(|misfit| misfit_reason(&misfit.reason))),
        Fate::Unknown { kinds } => (None, kinds.first().map(|misfit| misfit_reason(&misfit.reason))),
        Fate::Running
        | Fate::Coming
        | Fate::DrainCancelled
        | Fate::New { .. }
        | Fate::Young { .. }
        | Fate::Limited { .. } => (Some(true), None),
    }
}

fn obstacle(answer: &JobAnswer, place: &FleetPlace<'_>) -> Option<(String, String)> {
    let (_, placement) = answer.placed.as_ref()?;
    let obstacle = first_obstacle(&[Note::Placed(placement.clone())], place)?;
    Some((obstacle.sentence, obstacle.remedy))
}

/// Renders what is known of a job.
pub fn job_human(answer: &JobAnswer, place: &FleetPlace<'_>, style: Style) -> String {
    let mut text = format!("job {}", style.bold(printable(&answer.job)));
    match &answer.group {
        Some((group, 1)) => text.push_str(&format!(" is alone in its group, {group}\n")),
        Some((group, jobs)) => text.push_str(&format!(" is one of {jobs} alike ones, group {group}\n")),
        None => text.push('\n'),
    }
    if let Some((pass, placement)) = &answer.placed {
        text.push_str(&format!("  in pass {} at {}:\n", pass.number, local(pass.until.unwrap_or(pass.at))));
        placement.shares.iter().for_each(|share| text.push_str(&format!("    {}\n", fate_sentence(share))));
        if let Some((_, remedy)) = obstacle(answer, place) {
            text.push_str(&format!("    try {remedy}\n"));
        }
    } else if answer.group.is_some() {
        text.push_str("  no pass that is recorded has placed its group\n");
    }
    for kind in &answer.kinds {
        let (runs, why) = judged(&kind.fate);
        let judgement = match runs {
            Some(true) => style.good("would run it"),
            Some(false) => style.bad("cannot run it"),
            None => style.warn("may run it, or not"),
        };
        let why = why.map(|why| format!(": {}", printable(&why))).unwrap_or_default();
        text.push_str(&format!("  a new {} {judgement}, {}{why}\n", kind.kind, answer.judged_by(kind)));
    }
    if answer.kinds.iter().any(|kind| judged(&kind.fate).0 == Some(true)) && answer.placed.is_none() {
        let name = place.name;
        text.push_str(&format!("  `hoist elastic why {name}` tells what holds launches back, if anything does\n"));
    }
    answer.remarks.iter().for_each(|remark| text.push_str(&format!("{} {}\n", style.warn("!"), printable(remark))));
    text
}
