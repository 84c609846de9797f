//! Compares what a cloud shows with what is recorded: machines that nobody looks after, and records of machines that are gone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::cloud::{Instance, TAG_EXPIRES, TAG_INTENT, TAG_OWNER, TAG_RUN};
use super::phase::Phase;
use super::run::Run;

/// A machine that carries our tags and that no service of a run looks after.
#[derive(Clone, Debug, PartialEq)]
pub struct Orphan {
    /// The machine.
    pub instance: Instance,
    /// Why it is an orphan.
    pub why: Why,
}

/// Why a machine is an orphan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Why {
    /// Its lease ended at this time, whoever it belongs to.
    LeaseOver(Timestamp),
    /// Its run has ended, or goes on without it.
    Unused,
    /// No run that is recorded here launched it; another state file may know it.
    Unknown,
}

impl Why {
    /// The word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Why::LeaseOver(_) => "lease-over",
            Why::Unused => "unused",
            Why::Unknown => "unknown",
        }
    }
}

impl Orphan {
    /// Who launched it, by its tag.
    pub fn owner(&self) -> Option<&str> {
        self.instance.tags.get(TAG_OWNER).map(String::as_str)
    }
}

/// The orphans among `instances`, which were asked for before `runs` were read: what was launched in between is in neither.
pub fn orphans(instances: &[Instance], runs: &[Run], now: Timestamp) -> Vec<Orphan> {
    let by_id: BTreeMap<&str, &Run> = runs.iter().map(|run| (run.id.as_str(), run)).collect();
    let usage: BTreeMap<&str, Usage<'_>> = runs.iter().map(|run| (run.id.as_str(), Usage::of(run))).collect();
    let why = |instance: &Instance| {
        if let Some(end) = lease_end(instance).filter(|end| *end <= now) {
            return Some(Why::LeaseOver(end));
        }
        let run = instance.tags.get(TAG_RUN)?.as_str();
        match by_id.get(run) {
            None => Some(Why::Unknown),
            Some(known) if known.ended => Some(Why::Unused),
            Some(_) => (!usage[run].holds(instance)).then_some(Why::Unused),
        }
    };
    instances
        .iter()
        .filter(|instance| !instance.state.is_gone())
        .filter_map(|instance| Some(Orphan { instance: instance.clone(), why: why(instance)? }))
        .collect()
}

/// When the machine's lease ends, by its tag.
pub fn lease_end(instance: &Instance) -> Option<Timestamp> {
    instance.tags.get(TAG_EXPIRES)?.parse().ok()
}

/// A recorded machine that its cloud no longer shows as existing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The run's name.
    pub run: String,
    /// The service.
    pub service: String,
    /// The machine's id.
    pub instance_id: String,
}

/// The recorded machines of `run`, on the clouds that `here` picks by their names in the plan, that `instances`
/// shows as gone or not at all; those that were asked for after `settled` may not be shown yet.
pub fn missing(instances: &[Instance], run: &Run, settled: Timestamp, here: impl Fn(&str) -> bool) -> Vec<Missing> {
    let shown: BTreeMap<&str, bool> =
        instances.iter().map(|instance| (instance.id.as_str(), instance.state.is_gone())).collect();
    let mut missing = Vec::new();
    for (position, record) in run.records().iter().enumerate() {
        let (Some(owned), Some(id)) = (&record.instance, record.instance_id()) else { continue };
        let known = matches!(record.phase, Phase::Lost(_));
        let is_gone = shown.get(id).copied().unwrap_or(owned.asked_at <= settled);
        if !run.ended && !known && here(&owned.cloud) && is_gone {
            let service = run.service(position).name.clone();
            missing.push(Missing { run: run.name.clone(), service, instance_id: id.to_owned() });
        }
    }
    missing
}

/// The machines that a run looks after.
pub struct Usage<'a> {
    ids: BTreeSet<&'a str>,
    /// Launches whose answer is not recorded: what they launched is adopted by `resume`.
    in_doubt: BTreeSet<&'a str>,
}

impl<'a> Usage<'a> {
    /// What the journal of `run` says.
    pub fn of(run: &'a Run) -> Self {
        let in_doubt = run.records().iter().filter_map(|record| match &record.phase {
            Phase::Launching(intent) => Some(intent.token.as_str()),
            Phase::Failed(failure) => failure.unanswered.as_ref().map(|intent| intent.token.as_str()),
            Phase::Terminating(farewell) => farewell.in_doubt.as_ref().map(|intent| intent.token.as_str()),
            _ => None,
        });
        Self {
            ids: run.records().iter().filter_map(|record| record.instance_id()).collect(),
            in_doubt: in_doubt.collect(),
        }
    }

    /// Whether the machine is a service's, or may turn out to be.
    pub fn holds(&self, instance: &Instance) -> bool {
        let token = instance.tags.get(TAG_INTENT);
        self.ids.contains(instance.id.as_str()) || token.is_some_and(|token| self.in_doubt.contains(token.as_str()))
    }
}
