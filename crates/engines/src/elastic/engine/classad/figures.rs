use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What one slot of a machine offers by the price list, before a machine of the kind has shown its own ad.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SlotFigures {
    /// Number of such slots on a machine.
    pub count: u32,
    /// Whether jobs take parts of the slot. Otherwise one job takes it as a whole.
    pub partitionable: bool,
    /// Number of cores.
    pub cpus: i64,
    /// Memory in MiB.
    pub memory: i64,
    /// Disk in KiB.
    pub disk: i64,
    /// Number of GPUs.
    pub gpus: i64,
    /// Further resources by name (HTCondor: `MACHINE_RESOURCE_NAMES`).
    pub custom: BTreeMap<String, i64>,
    /// Further attributes by name, as ClassAd expressions. They replace those that are assumed.
    pub attributes: BTreeMap<String, String>,
    /// The condition under which it accepts a job (`START`), as a ClassAd expression.
    pub start: String,
}

impl Default for SlotFigures {
    fn default() -> SlotFigures {
        SlotFigures {
            count: 1,
            partitionable: true,
            cpus: 1,
            memory: 1024,
            disk: 8 * 1024 * 1024,
            gpus: 0,
            custom: BTreeMap::new(),
            attributes: BTreeMap::new(),
            start: "true".into(),
        }
    }
}
