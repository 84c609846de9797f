use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::elastic::engine::{DrainOwner, MachineId, Money};
use crate::provider::Offer;

/// Where a worker stands, by its fleet's journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum WorkerPhase {
    /// Launched; it has not been seen in the pool.
    Starting,
    /// It has joined the pool.
    Serving,
    /// It is to accept no more work.
    Draining,
    /// Its end is intended; whether the cloud has accepted the call is not recorded yet.
    Ending,
    /// The cloud has accepted its end.
    Terminating,
    /// The cloud shows that it is gone.
    Gone,
}

impl WorkerPhase {
    /// Whether the machine exists and its end is not intended.
    pub fn is_live(self) -> bool {
        self < Self::Ending
    }
}

/// A worker: a machine that the fleet launched.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Worker {
    /// The cloud's id.
    pub id: MachineId,
    /// Its name in the fleet: `NAME-7`.
    pub name: String,
    /// Its kind.
    pub kind: Arc<str>,
    /// The token of its launch.
    pub token: String,
    /// The unique slot that it fills (npreserving).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Arc<str>>,
    /// Its phase.
    pub phase: WorkerPhase,
    /// When the cloud launched it.
    pub launched_at: Timestamp,
    /// When it came into its phase.
    pub phase_since: Timestamp,
    /// When it was first seen in the pool.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub joined_at: Option<Timestamp>,
    /// When the cloud first showed it running, of a source that tells no hosts: none of these joins.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub came_up_at: Option<Timestamp>,
    /// The end of its lease, as last confirmed.
    pub expires_at: Timestamp,
    /// The owner of its drain.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drained_by: Option<DrainOwner>,
    /// When the pool confirmed that it accepts no more work.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub drained_at: Option<Timestamp>,
    /// Whether its drain was cancelled and the pool has not confirmed that it accepts work again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub resuming: bool,
    /// The offer of its launch by which it was launched. None: the cloud does not show which.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer: Option<Offer>,
    /// The price for an hour. None: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
}

/// Returns what a price for an hour comes to in so many seconds, rounded up.
pub(super) fn cost_of(price: Money, seconds: i64) -> Money {
    let cost = (i128::from(price.millionths()) * i128::from(seconds.max(0)) + 3599) / 3600;
    Money::from_millionths(i64::try_from(cost).unwrap_or(i64::MAX))
}

impl Worker {
    /// Whether a drain of the scaler's holds, or was cancelled and the pool has not confirmed that. A worker that is
    /// ending keeps its drain.
    pub fn has_drain_of_scaler(&self) -> bool {
        self.resuming || self.drained_by == Some(DrainOwner::Scaler)
    }
}
