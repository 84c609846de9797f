use serde::{Deserialize, Serialize};

use super::super::decision::Market;
use super::super::seconds::Seconds;

/// Settings of the coalition engine: `cloud_aws.ini`'s section `coalition` and `worker.spot`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CoalitionConfig {
    /// Maximum number of workers (`workerinstancemax`).
    pub maximum: i64,
    /// Time from one start to the next, in seconds (`workerinstancestartdelay`).
    pub start_delay: Seconds,
    /// Age in seconds below which no worker is ended (`workerinstanceminimumlifetime`).
    pub minimum_lifetime: Seconds,
    /// The market (`spot`).
    pub market: Market,
}

impl Default for CoalitionConfig {
    fn default() -> CoalitionConfig {
        CoalitionConfig { maximum: 3, start_delay: 30, minimum_lifetime: 900, market: Market::Spot }
    }
}
