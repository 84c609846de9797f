use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::super::money::Money;
use super::super::seconds::Seconds;
use super::figures::SlotFigures;

/// A kind of machine: `[machines.NAME]` of the fleet's file, as far as decisions need it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct KindConfig {
    /// Its name.
    pub name: Arc<str>,
    /// Price of a machine for an hour. None: unknown; then nothing is launched under a budget.
    #[serde(default)]
    pub price_per_hour: Option<Money>,
    /// Minimum number of machines.
    #[serde(default)]
    pub min: u64,
    /// Maximum number of machines. None: that of the fleet.
    #[serde(default)]
    pub max: Option<u64>,
    /// Longest life of a machine in seconds. A job that is known to run longer does not fit. None: no end.
    #[serde(default)]
    pub lifetime: Option<Seconds>,
    /// Its slots by the price list.
    #[serde(default = "one_slot")]
    pub slots: Vec<SlotFigures>,
    /// Whether failures of its machines hold its launches back. False where the driver judges offer by offer.
    #[serde(default = "yes")]
    pub breaker: bool,
    /// A text that changes when image, type or settings of the machines do. An ad learned under another one is
    /// forgotten.
    #[serde(default)]
    pub revision: String,
}

fn one_slot() -> Vec<SlotFigures> {
    vec![SlotFigures::default()]
}

fn yes() -> bool {
    true
}

impl KindConfig {
    /// Makes a kind without limits that has one slot.
    pub fn new(name: impl Into<Arc<str>>, slot: SlotFigures) -> KindConfig {
        KindConfig {
            name: name.into(),
            price_per_hour: None,
            min: 0,
            max: None,
            lifetime: None,
            slots: vec![slot],
            breaker: true,
            revision: String::new(),
        }
    }
}
