use std::collections::BTreeMap;
use std::sync::Arc;

use serde::Serialize;

/// What a job needs of a machine.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Needs {
    /// Number of processors; at least 1.
    pub cpus: u32,
    /// Memory in MiB; 0: unknown.
    pub memory: u64,
    /// Disk in KiB; 0: unknown.
    pub disk: u64,
    /// Number of GPUs.
    pub gpus: u32,
    /// The job's `Requirements`, a ClassAd expression. None: any machine that has the resources.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub requirements: Option<Arc<str>>,
    /// Further attributes of the job's ad that requirements read, as ClassAd expressions by name.
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<Arc<str>, Arc<str>>,
}

impl Default for Needs {
    fn default() -> Needs {
        Needs { cpus: 1, memory: 0, disk: 0, gpus: 0, requirements: None, attributes: BTreeMap::new() }
    }
}

impl Needs {
    /// Returns the needs of a job that takes `cpus` processors and nothing else.
    pub fn of_cpus(cpus: u32) -> Needs {
        Needs { cpus, ..Needs::default() }
    }
}
