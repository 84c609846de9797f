use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::fall::Fall;
use super::super::machine::MachineId;
use super::super::money::Money;
use super::super::seconds::Seconds;
use super::clocks::Clocks;
use super::kind_memory::KindMemory;
use super::machine_clock::MachineClock;
use super::match_cache::MatchCache;

/// A launch that a pass decided.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PlannedLaunch {
    /// Index of the decision.
    pub(super) decision: usize,
    pub(super) kind: Arc<str>,
    pub(super) count: u32,
}

/// What a [`super::ClassadEngine`] has learned of a kind of machine from the first one that joined.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LearnedKind {
    /// The kind's revision then.
    pub revision: String,
    /// The machine. None: it was not recorded.
    pub machine: Option<MachineId>,
}

/// The memory of a [`super::ClassadEngine`].
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ClassadMemory {
    /// Time of the last pass.
    pub(super) last_pass: Option<Seconds>,
    /// The fleet's machines.
    pub(super) machines: Clocks,
    /// Machines that the pool showed while the cloud did not answer.
    pub(super) glimpsed: BTreeMap<MachineId, MachineClock>,
    /// Machines that ended, with the time at which that was seen.
    pub(super) gone: BTreeMap<MachineId, Seconds>,
    pub(super) kinds: BTreeMap<Arc<str>, KindMemory>,
    /// Number of slots of each machine that the last reading of the pool showed.
    pub(super) pool: Vec<(MachineId, u32)>,
    /// A sudden fall of the pool that is not over.
    pub(super) fall: Option<Fall>,
    /// Launches of the last minute: time and number.
    pub(super) launches: Vec<(Seconds, u32)>,
    /// What the machines have cost, in millionths for an hour times seconds.
    pub(super) cost: i64,
    /// Time until which they are charged.
    pub(super) charged_until: Option<Seconds>,
    /// Launches of the pass that is being carried out.
    pub(super) planned: Vec<PlannedLaunch>,
    #[serde(skip)]
    pub(super) cache: MatchCache,
}

impl ClassadMemory {
    /// Returns what the fleet's machines have cost since the memory began.
    pub fn spent(&self) -> Money {
        Money::from_millionths(self.cost / 3600)
    }

    /// Returns what was learned of a kind. None: no machine of it has joined since it was described as it is.
    pub fn learned(&self, kind: &str) -> Option<LearnedKind> {
        let template = self.kinds.get(kind)?.template.as_ref()?;
        Some(LearnedKind { revision: template.revision.clone(), machine: template.machine.clone() })
    }

    /// Returns a memory that has what was learned of the kinds, and nothing of the fleet.
    pub fn of_kinds(&self) -> ClassadMemory {
        let learned = |kind: &KindMemory| KindMemory { template: kind.template.clone(), ..KindMemory::default() };
        let kinds = self.kinds.iter().map(|(name, kind)| (Arc::clone(name), learned(kind))).collect();
        ClassadMemory { kinds, ..ClassadMemory::default() }
    }

    /// Returns the number of machines that were launched within a minute before `now`.
    pub(super) fn recent_launches(&self, now: Seconds) -> u64 {
        let recent = self.launches.iter().filter(|(at, _)| now.saturating_sub(*at) < 60);
        recent.fold(0, |sum, (_, count)| sum.saturating_add(u64::from(*count)))
    }
}
