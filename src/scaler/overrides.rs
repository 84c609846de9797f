use serde::{Deserialize, Serialize};

/// Settings of a fleet that `hoist elastic set` lays over its file, and that stay until they are set again.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Overrides {
    /// Minimum number of workers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<u32>,
    /// Maximum number of workers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u32>,
    /// Constant number of workers: minimum and maximum at once, and `preserve_n` of the engine npreserving.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub count: Option<u32>,
    /// Name of the engine.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub engine: Option<String>,
    /// Whether nothing is launched, drained or ended. Leases are renewed all the same.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub paused: bool,
}
