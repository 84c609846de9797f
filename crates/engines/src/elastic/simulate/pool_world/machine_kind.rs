use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::resources::Resources;
use crate::elastic::engine::Seconds;

/// The way in which a machine offers its resources.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotPlan {
    /// One slot, from which every job takes what it needs.
    #[default]
    Partitionable,
    /// So many equal slots, each of which one job takes as a whole.
    Static(u32),
}

/// The way of a launched machine into the pool. Times in seconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BootTime {
    /// From the launch to running.
    pub pending: Seconds,
    /// From running to the pool. None: it never joins.
    pub join: Option<Seconds>,
}

impl Default for BootTime {
    fn default() -> BootTime {
        BootTime { pending: 30, join: Some(90) }
    }
}

/// A kind of machine that a simulated cloud offers.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MachineKind {
    /// Its name.
    pub name: Arc<str>,
    /// Number of processors.
    pub cpus: u32,
    /// Memory in MiB.
    pub memory: u64,
    /// Disk in KiB.
    pub disk: u64,
    /// Number of GPUs.
    pub gpus: u32,
    /// Its slots.
    pub slots: SlotPlan,
    /// Price of an hour. None: unknown; the report then has no cost.
    pub price_per_hour: Option<f64>,
    /// Boot times, taken in turn by the machines of the kind. Empty: the default.
    pub boot: Vec<BootTime>,
    /// Time from the launch after which a machine ends by itself, in seconds: its lease. None: never.
    pub lifetime: Option<Seconds>,
    /// The machines' `Start` expression. None: every job.
    pub start: Option<String>,
    /// Further attributes of the slots, as ClassAd expressions by name.
    pub attributes: BTreeMap<String, String>,
}

impl Default for MachineKind {
    fn default() -> MachineKind {
        MachineKind {
            name: "machine".into(),
            cpus: 4,
            memory: 16 << 10,
            disk: 100 << 20,
            gpus: 0,
            slots: SlotPlan::Partitionable,
            price_per_hour: None,
            boot: Vec::new(),
            lifetime: None,
            start: None,
            attributes: BTreeMap::new(),
        }
    }
}

impl MachineKind {
    /// Returns the resources of one slot.
    pub(super) fn slot(&self) -> Resources {
        let count = self.slot_count().max(1);
        Resources {
            cpus: (self.cpus / count).max(1),
            memory: self.memory / u64::from(count),
            disk: self.disk / u64::from(count),
            gpus: self.gpus / count,
        }
    }

    /// Tells whether jobs take parts of its slot.
    pub(super) fn is_partitionable(&self) -> bool {
        self.slots == SlotPlan::Partitionable
    }

    /// Returns what its slots have, of one that has `left` of its resources.
    pub(super) fn slot_with(&self, left: Resources) -> Resources {
        if self.is_partitionable() { left } else { self.slot() }
    }

    /// Returns the number of slots.
    pub(super) fn slot_count(&self) -> u32 {
        match self.slots {
            SlotPlan::Partitionable => 1,
            SlotPlan::Static(count) => count.max(1),
        }
    }

    /// Returns the resources that jobs can take.
    pub(super) fn whole(&self) -> Resources {
        self.slot().times(self.slot_count())
    }

    /// Returns the boot time of the machine with this number among those of the kind, the first being 0.
    pub(super) fn boot_of(&self, number: usize) -> BootTime {
        let turn = number.checked_rem(self.boot.len()).and_then(|turn| self.boot.get(turn));
        turn.copied().unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn static_slots_share_the_machine_equally() {
        let kind = MachineKind { slots: SlotPlan::Static(3), ..MachineKind::default() };
        let slot = Resources { cpus: 1, memory: 5461, disk: (100 << 20) / 3, gpus: 0 };
        assert_eq!((kind.slot(), kind.whole()), (slot, slot.times(3)));
    }

    #[test]
    fn boot_times_are_taken_in_turn() {
        let never = BootTime { pending: 5, join: None };
        let kind = MachineKind { boot: vec![BootTime::default(), never], ..MachineKind::default() };
        assert_eq!([0, 1, 2].map(|number| kind.boot_of(number).join), [Some(90), None, Some(90)]);
        assert_eq!(MachineKind::default().boot_of(7), BootTime::default());
    }
}
