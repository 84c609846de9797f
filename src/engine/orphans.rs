//! Compares a cloud's instances with the records: instances that no service owns, and records of instances that are
//! gone.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::goal::Goal;
use super::phase::Phase;
use super::run::Run;
use crate::provider::{Instance, InstanceState, TAG_EXPIRES, TAG_INTENT, TAG_OWNER, TAG_RUN, TAG_STATE};

/// An instance that has hoist's tags and that no service of a run owns.
#[derive(Clone, Debug, PartialEq)]
pub struct Orphan {
    /// The instance.
    pub instance: Instance,
    /// Why it is an orphan.
    pub why: OrphanReason,
}

/// Why an instance is an orphan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OrphanReason {
    /// Its lease ended at this time, whoever owns it.
    LeaseOver(Timestamp),
    /// Its run has ended, or goes on without it.
    Unused,
    /// No run recorded here launched it; another state file may know it.
    Unknown,
}

impl OrphanReason {
    /// Returns the word for JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            OrphanReason::LeaseOver(_) => "lease-over",
            OrphanReason::Unused => "unused",
            OrphanReason::Unknown => "unknown",
        }
    }
}

impl Orphan {
    /// Returns the owner that launched it, from its tag.
    pub fn owner(&self) -> Option<&str> {
        self.instance.tags.get(TAG_OWNER).map(String::as_str)
    }

    /// Returns the state file that records it, from its tag.
    pub fn state(&self) -> Option<&str> {
        self.instance.tags.get(TAG_STATE).map(String::as_str)
    }

    /// Whether it may belong to a state file other than `mine`: no run recorded here launched it, and its tag names
    /// another one, or none.
    pub fn is_elsewhere(&self, mine: Option<&str>) -> bool {
        self.why == OrphanReason::Unknown && (self.state().is_none() || self.state() != mine)
    }
}

/// Returns the orphans among `instances`, which were requested before `runs` were read: instances launched in between
/// are not among them.
pub fn orphans(instances: &[Instance], runs: &[Run], now: Timestamp) -> Vec<Orphan> {
    let by_id: BTreeMap<&str, &Run> = runs.iter().map(|run| (run.id.as_str(), run)).collect();
    let usage: BTreeMap<&str, OwnedInstances<'_>> =
        runs.iter().map(|run| (run.id.as_str(), OwnedInstances::of(run))).collect();
    let why = |instance: &Instance| {
        if let Some(end) = lease_end(instance).filter(|end| *end <= now) {
            return Some(OrphanReason::LeaseOver(end));
        }
        let run = instance.tags.get(TAG_RUN)?.as_str();
        match by_id.get(run) {
            None => Some(OrphanReason::Unknown),
            Some(known) if known.ended => Some(OrphanReason::Unused),
            Some(_) => (!usage[run].holds(instance)).then_some(OrphanReason::Unused),
        }
    };
    instances
        .iter()
        .filter(|instance| !instance.state.is_gone())
        .filter_map(|instance| Some(Orphan { instance: instance.clone(), why: why(instance)? }))
        .collect()
}

/// Returns the end of the instance's lease, from its tag.
pub fn lease_end(instance: &Instance) -> Option<Timestamp> {
    instance.tags.get(TAG_EXPIRES)?.parse().ok()
}

/// A recorded instance that its cloud no longer shows as existing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Missing {
    /// The run's name.
    pub run: String,
    /// The service.
    pub service: String,
    /// The instance's id.
    pub instance_id: String,
    /// Whether the run is being brought down.
    pub is_ending: bool,
    /// The problem, if something of the instance still exists.
    pub finding: Option<String>,
    /// The hint, if the instance's state is unknown.
    pub hint: Option<String>,
}

/// Returns the recorded instances of `run`, on the clouds that `here` selects by their names in the plan, that
/// `instances` shows as gone, not at all, or as out of their cloud's control. Instances requested after `settled` may
/// not be shown yet.
pub fn missing(instances: &[Instance], run: &Run, settled: Timestamp, here: impl Fn(&str) -> bool) -> Vec<Missing> {
    let shown: BTreeMap<&str, &Instance> = instances.iter().map(|instance| (instance.id.as_str(), instance)).collect();
    let mut missing = Vec::new();
    for (position, record) in run.records().iter().enumerate() {
        let (Some(owned), Some(id)) = (&record.instance, record.instance_id()) else { continue };
        let known = matches!(record.phase, Phase::Lost(_));
        let instance = shown.get(id);
        let hint = instance.and_then(|it| it.unsure()).map(str::to_owned);
        let finding =
            instance.filter(|it| it.state != InstanceState::Terminated).and_then(|it| it.finding()).map(str::to_owned);
        let is_gone = instance.map_or(owned.asked_at <= settled, |it| it.state.is_gone());
        if !run.ended && here(&owned.cloud) && (is_gone && !known || finding.is_some()) {
            let service = run.service(position).name.clone();
            let is_ending = run.goal.as_ref().is_some_and(Goal::is_down);
            let (run, instance_id) = (run.name.clone(), id.to_owned());
            missing.push(Missing { run, service, instance_id, is_ending, finding, hint });
        }
    }
    missing
}

/// The instances that a run owns.
pub struct OwnedInstances<'a> {
    ids: BTreeSet<&'a str>,
    /// Launches without a recorded answer: `resume` adopts their instances.
    in_doubt: BTreeSet<&'a str>,
}

impl<'a> OwnedInstances<'a> {
    /// Collects the instances from the journal of `run`.
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

    /// Whether the instance is a service's, or may turn out to be.
    pub fn holds(&self, instance: &Instance) -> bool {
        let token = instance.tags.get(TAG_INTENT);
        self.ids.contains(instance.id.as_str()) || token.is_some_and(|token| self.in_doubt.contains(token.as_str()))
    }
}
