use serde::{Deserialize, Serialize};

use super::super::breaker::Breaker;
use super::super::seconds::Seconds;

/// The memory of [`super::CoalitionEngine`].
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CoalitionMemory {
    /// Time of the last start.
    pub(super) started_at: Option<Seconds>,
    /// Whether the step under way asked for a start.
    pub(super) starting: bool,
    pub(super) breaker: Breaker,
}
