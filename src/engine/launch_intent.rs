//! Launches that were announced, and whose call may have been made.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::provider::Offer;

/// A launch that was announced in the journal.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Intent {
    /// Makes the call safe to repeat; shared by all services of the call.
    pub token: String,
    /// The service's position in the call.
    pub slot: usize,
    /// How many machines the call asks for.
    pub size: usize,
}

/// A launch as it was announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LaunchIntent {
    /// One instance each, in slot order.
    pub services: Vec<String>,
    /// Who launches.
    pub owner: String,
    /// What the call tries; empty in journals of versions that tried one thing only.
    pub offers: Vec<Offer>,
    /// When what it launches ends by itself.
    pub expires_at: Option<Timestamp>,
    /// Which state file it is tagged with; none in journals of versions without that tag.
    pub state: Option<String>,
    /// When.
    pub at: Timestamp,
}
