//! Announced launches, whose call may have been made.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::provider::Offer;

/// A launch that was announced in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct Intent {
    /// Makes the call safe to repeat; shared by all services of the call.
    pub token: String,
    /// The service's position in the call.
    pub slot: usize,
    /// How many machines the call asks for.
    pub size: usize,
}

/// An announced launch.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchIntent {
    /// The services, one instance each, in slot order.
    pub services: Vec<String>,
    /// The owner of the instances.
    pub owner: String,
    /// The offers that the call tries; empty in journals of versions that tried only one.
    pub offers: Vec<Offer>,
    /// The end of the instances' lease.
    pub expires_at: Option<Timestamp>,
    /// The state file in the instances' tags; none in journals of versions without that tag.
    pub state: Option<String>,
    /// The time of the announcement.
    pub at: Timestamp,
}
