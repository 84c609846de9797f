//! Sums over a run's services, updated with each change, so that no event costs a walk over all of them.

use std::collections::{BTreeMap, BTreeSet};

use super::phase::Phase;
use super::service_state::ServiceState;
use crate::plan::Service;

/// The sums over a run's services.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    /// How often a service's machine may be replaced under the present goal.
    pub(super) repairs: u32,
    /// The number of services that are ready.
    pub(super) ready: usize,
    /// The number of services that failed or were lost.
    pub(super) broken: usize,
    /// The number of those that may not be replaced any more.
    pub(super) beyond_repair: usize,
    /// The number of services with an instance.
    pub(super) instances: usize,
    levels: Vec<LevelTally>,
    /// The services whose instance has no address yet, by cloud.
    waiting: BTreeMap<String, BTreeSet<usize>>,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
struct LevelTally {
    unready: usize,
    unsettled: usize,
}

/// One service's share of the sums.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Share {
    ready: usize,
    unready: usize,
    unsettled: usize,
    broken: usize,
    beyond_repair: usize,
    instances: usize,
    waits_for: Option<String>,
}

impl Tally {
    /// Creates the sums of a run with so many levels and no services yet.
    pub(super) fn new(levels: usize, repairs: u32) -> Self {
        Self { repairs, levels: vec![LevelTally::default(); levels], ..Self::default() }
    }

    /// Returns the present share of a service; `is_due` tells that its boot program must run again.
    pub(super) fn share(&self, service: &Service, record: &ServiceState, is_due: bool) -> Share {
        let phase = &record.phase;
        let ready = matches!(phase, Phase::Ready { .. });
        let broken = phase.is_broken();
        let waits = matches!(phase, Phase::Launched) && record.address.is_none();
        Share {
            ready: ready.into(),
            unready: (!ready || is_due).into(),
            unsettled: record.is_unsettled(service).into(),
            broken: broken.into(),
            // A failed examination is no reason to replace a machine.
            beyond_repair: (broken && (record.repairs >= self.repairs || phase.is_blind() || record.fails_anew()))
                .into(),
            instances: record.instance_id().is_some().into(),
            waits_for: record.instance.as_ref().filter(|_| waits).map(|owned| owned.cloud.clone()),
        }
    }

    /// Replaces the share of the service at `position`, in the level with this index.
    pub(super) fn replace(&mut self, position: usize, level: usize, before: Share, after: Share) {
        let replace = |sum: &mut usize, before: usize, after: usize| *sum = *sum + after - before;
        replace(&mut self.ready, before.ready, after.ready);
        replace(&mut self.broken, before.broken, after.broken);
        replace(&mut self.beyond_repair, before.beyond_repair, after.beyond_repair);
        replace(&mut self.instances, before.instances, after.instances);
        replace(&mut self.levels[level].unready, before.unready, after.unready);
        replace(&mut self.levels[level].unsettled, before.unsettled, after.unsettled);
        if before.waits_for == after.waits_for {
            return;
        }
        if let Some(cloud) = before.waits_for
            && let Some(waiting) = self.waiting.get_mut(&cloud)
        {
            waiting.remove(&position);
            if waiting.is_empty() {
                self.waiting.remove(&cloud);
            }
        }
        if let Some(cloud) = after.waits_for {
            self.waiting.entry(cloud).or_default().insert(position);
        }
    }

    /// Whether a service that failed or was lost may be replaced.
    pub(super) fn may_replace_some(&self) -> bool {
        self.repairs > 0 && self.broken > 0
    }

    /// Returns the index of the first level that is not ready, or the number of levels.
    pub(super) fn active_level(&self) -> usize {
        self.levels.iter().position(|level| level.unready > 0).unwrap_or(self.levels.len())
    }

    /// Whether every machine of the level has its address or never will.
    pub(super) fn is_settled(&self, level: usize) -> bool {
        self.levels.get(level).is_none_or(|level| level.unsettled == 0)
    }

    /// Returns the services whose instances on this cloud have no address yet.
    pub(super) fn waiting(&self, cloud: &str) -> impl Iterator<Item = usize> {
        self.waiting.get(cloud).into_iter().flatten().copied()
    }

    /// Returns the clouds with launched instances that have no address yet.
    pub(super) fn clouds_to_look_at(&self) -> impl Iterator<Item = &str> {
        self.waiting.keys().map(String::as_str)
    }
}
