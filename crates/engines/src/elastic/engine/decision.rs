use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::machine::MachineId;
use super::reason::Reason;

/// The market of a launch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Market {
    /// The market of the kind's description.
    #[default]
    AsDescribed,
    /// Spare capacity at a lower price, which the cloud may take back.
    Spot,
    /// Capacity at the list price.
    OnDemand,
}

/// Machines to launch.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Launch {
    /// The kind. None: the only kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kind: Option<Arc<str>>,
    /// Number of machines.
    pub count: u32,
    /// The reason.
    pub reason: Reason,
    /// The unique slot; then `count` is 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Arc<str>>,
    /// Launch variables: the common ones with those of the slot laid over.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Value>,
    /// The market.
    #[serde(default)]
    pub market: Market,
}

impl Launch {
    /// Returns a launch of `count` machines of the only kind.
    pub fn plain(count: u32, reason: Reason) -> Launch {
        Launch { kind: None, count, reason, slot: None, variables: BTreeMap::new(), market: Market::default() }
    }
}

/// Machines to end.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Termination {
    /// The machines.
    pub machines: Vec<MachineId>,
    /// The reason.
    pub reason: Reason,
}

/// Machines that shall accept no more work.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Drain {
    /// The machines.
    pub machines: Vec<MachineId>,
    /// Whether a machine with a claim stays as it is, which it decides itself (HTCondor: `condor_drain -check`).
    pub unclaimed_only: bool,
    /// The reason.
    pub reason: Reason,
}

/// Draining machines that shall accept work again.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DrainCancellation {
    /// The machines. Their drains are the scaler's own.
    pub machines: Vec<MachineId>,
    /// The reason.
    pub reason: Reason,
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "decision", rename_all = "snake_case")]
pub enum Decision {
    /// Launch machines.
    Launch(Launch),
    /// End machines.
    Terminate(Termination),
    /// Let machines accept no more work.
    Drain(Drain),
    /// Let draining machines accept work again.
    CancelDrain(DrainCancellation),
}
