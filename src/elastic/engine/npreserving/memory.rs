use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::census::CensusMemory;
use super::super::machine::MachineId;

/// The memory of [`super::NpreservingEngine`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NpreservingMemory {
    pub(super) census: CensusMemory,
    /// The machine that was last launched for each slot, also for slots that were taken out.
    pub(super) slots: BTreeMap<Arc<str>, MachineId>,
    /// Slots that were taken out since the last pulse.
    pub(super) removed: Vec<Arc<str>>,
    /// Slots of the launches of the step under way, by index of the decision.
    pub(super) asked: BTreeMap<usize, Arc<str>>,
}

impl NpreservingMemory {
    /// Returns the machine that was last launched for each slot.
    pub fn slots(&self) -> impl Iterator<Item = (&str, &MachineId)> {
        self.slots.iter().map(|(slot, machine)| (&**slot, machine))
    }
}
