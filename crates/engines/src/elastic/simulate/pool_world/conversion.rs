//! Kinds and settings of simulated pools out of what fleets and scenarios say.

use super::machine_kind::{BootTime, MachineKind, SlotPlan};
use super::pool_settings::PoolSettings;
use crate::elastic::engine::KindConfig;
use crate::elastic::simulate::ScenarioSetup;

/// Memory in MiB for each processor of a machine of a scenario, which gives none.
const MEMORY_EACH: u64 = 2048;

impl From<&KindConfig> for MachineKind {
    /// Makes a kind of a fleet's one. Of several sorts of slots the first one counts, and several partitionable
    /// ones are taken as one; the boot time is the default.
    fn from(kind: &KindConfig) -> MachineKind {
        let slot = kind.slots.first().cloned().unwrap_or_default();
        let count = slot.count.max(1);
        let of_all = |each: i64| u64::try_from(each).unwrap_or(0).saturating_mul(u64::from(count));
        let small = |each: i64| u32::try_from(of_all(each)).unwrap_or(u32::MAX);
        #[expect(clippy::cast_precision_loss, reason = "a price")]
        let price = |millionths: i64| millionths as f64 / 1e6;
        MachineKind {
            name: kind.name.clone(),
            cpus: small(slot.cpus),
            memory: of_all(slot.memory),
            disk: of_all(slot.disk),
            gpus: small(slot.gpus),
            slots: if slot.partitionable { SlotPlan::Partitionable } else { SlotPlan::Static(count) },
            price_per_hour: kind.price_per_hour.map(|money| price(money.millionths())),
            boot: Vec::new(),
            lifetime: kind.lifetime,
            start: Some(slot.start),
            attributes: slot.attributes,
        }
    }
}

impl From<&ScenarioSetup> for PoolSettings {
    /// Makes a pool of the one kind of machine of a scenario, that is simulated as long as the scenario lasts.
    fn from(setup: &ScenarioSetup) -> PoolSettings {
        let kind = MachineKind {
            cpus: setup.slots,
            memory: MEMORY_EACH * u64::from(setup.slots),
            boot: vec![BootTime { pending: setup.pending, join: Some(setup.join) }],
            ..MachineKind::default()
        };
        PoolSettings { kinds: vec![kind], until: Some(setup.duration), ..PoolSettings::default() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::elastic::engine::{Money, SlotFigures};

    #[test]
    fn the_figures_of_a_fleet_are_those_of_all_slots() {
        let figures = SlotFigures { count: 3, partitionable: false, cpus: 2, memory: 1000, ..SlotFigures::default() };
        let price_per_hour = Some(Money::from_millionths(42_500));
        let kind = MachineKind::from(&KindConfig { price_per_hour, ..KindConfig::new("small", figures) });
        assert_eq!((kind.cpus, kind.memory, kind.slots), (6, 3000, SlotPlan::Static(3)));
        assert_eq!((kind.price_per_hour, kind.start.as_deref()), (Some(0.0425), Some("true")));
        assert_eq!(kind.slot().memory, 1000);
    }
}
