use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::ad_notation;
use crate::classad::ClassAd;

/// The kind of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotKind {
    /// A slot from which jobs take what they need; its ad has what is left.
    Partitionable,
    /// A slot that one job takes as a whole.
    Static,
}

/// The state of a slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SlotState {
    /// Open for jobs.
    Unclaimed,
    /// Claimed as a whole, or about to be. A claim without a job is a claim.
    Claimed,
    /// Closed by a drain.
    Drained,
    /// Closed by its owner.
    Owner,
    /// Closed for another reason: broken, hibernating, back-filled.
    Closed,
}

/// A slot of the pool. Dynamic slots are no slots of their own: they are counted as claims of the partitionable slot.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PoolSlot {
    /// Its name.
    pub name: Arc<str>,
    /// Its kind.
    pub kind: SlotKind,
    /// Its state.
    pub state: SlotState,
    /// Number of claims on it: of a partitionable slot its dynamic slots that are claimed, of a static one 0 or 1.
    pub claims: u32,
    /// Its attributes: `Requirements`, `Start`, resources, and all that jobs' requirements read. Slots that are alike
    /// should share one ad.
    #[serde(with = "ad_notation")]
    pub ad: Arc<ClassAd>,
}
