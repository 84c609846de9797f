use std::collections::BTreeMap;
use std::sync::Arc;

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serialize};

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
    #[serde(deserialize_with = "by_index")]
    pub(super) asked: BTreeMap<usize, Arc<str>>,
}

/// Reads a map whose keys are numbers: within a tagged type, JSON has them as text.
fn by_index<'de, D: Deserializer<'de>>(deserializer: D) -> Result<BTreeMap<usize, Arc<str>>, D::Error> {
    let texts = BTreeMap::<String, Arc<str>>::deserialize(deserializer)?;
    let number = |(index, slot): (String, Arc<str>)| Ok((index.parse().map_err(D::Error::custom)?, slot));
    texts.into_iter().map(number).collect()
}

impl NpreservingMemory {
    /// Returns the machine that was last launched for each slot.
    pub fn slots(&self) -> impl Iterator<Item = (&str, &MachineId)> {
        self.slots.iter().map(|(slot, machine)| (&**slot, machine))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::memory::Memory;
    use super::*;

    #[test]
    fn memory_of_a_step_under_way_is_read_back() {
        let asked = BTreeMap::from([(0, "frontend".into()), (12, "db".into())]);
        let memory = Memory::Npreserving(Box::new(NpreservingMemory { asked, ..NpreservingMemory::default() }));
        let text = serde_json::to_string(&memory).unwrap();
        assert_eq!(serde_json::from_str::<Memory>(&text).unwrap(), memory);
    }
}
