use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::elastic::engine::{Money, Reason};
use crate::provider::Offer;

/// A launch that is announced in the journal before its call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LaunchIntent {
    /// The token, by which a repeated call launches nothing new. Derived from the fleet and the number of the intent.
    pub token: String,
    /// The position of the launch among the decisions of its step, by which the engine takes the machines in.
    #[serde(default)]
    pub decision: usize,
    /// The kind of the machines: its name in the fleet file.
    pub kind: Arc<str>,
    /// The names of the workers, one machine each, in the order of the call. Unique within the fleet for ever.
    pub names: Vec<String>,
    /// The offers that the call tries, in this order.
    pub offers: Vec<Offer>,
    /// The unique slot that the machine fills (npreserving).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub slot: Option<Arc<str>>,
    /// Launch variables.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, Value>,
    /// The end of the workers' lease.
    pub expires_at: Timestamp,
    /// The price of one machine for an hour. None: unknown.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub price: Option<Money>,
    /// Owner of the machines.
    pub owner: String,
    /// State file in the machines' tags.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
    /// Digest of what is launched (image, user data, …): a repeated call with other content is refused by clouds. None
    /// of it is kept here.
    pub digest: String,
    /// The reason.
    pub reason: Reason,
}
