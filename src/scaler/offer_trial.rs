use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use crate::elastic::engine::{Admission, Breaker, BreakerLimits, MachineId};
use crate::provider::Offer;

/// How the machines that one kind launched by one offer came up, by the fleet's journal.
///
/// A kind's image may fail on an instance type that another's runs on, so each kind has a trial of its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct OfferTrial {
    pub(super) kind: Arc<str>,
    pub(super) offer: Offer,
    breaker: Breaker,
}

/// What became of a machine.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Trial {
    /// It was launched.
    Launched,
    /// It serves.
    Up,
    /// It did not come up, or failed soon after.
    Failed,
    /// It was ended on purpose.
    Ended,
}

impl OfferTrial {
    pub(super) fn new(kind: Arc<str>, offer: Offer) -> Self {
        Self { kind, offer, breaker: Breaker::default() }
    }

    /// Takes in what became of a machine at `at`.
    pub(super) fn take(&mut self, machine: &MachineId, trial: Trial, at: Timestamp) {
        let now = at.as_second();
        // Machines that stayed up until now are successes, whatever comes next.
        self.breaker.review(&BreakerLimits::default(), now);
        match trial {
            Trial::Launched => self.breaker.launched(machine.clone()),
            Trial::Up => self.breaker.up(machine, now),
            Trial::Failed => self.breaker.failed(machine, now),
            Trial::Ended => self.breaker.ended(machine),
        }
    }

    /// Returns the admission of launches at `now`, and the number of failures since the last success.
    pub(super) fn admission(&self, now: Timestamp) -> (Admission, u32) {
        let (mut breaker, limits) = (self.breaker.clone(), BreakerLimits::default());
        breaker.review(&limits, now.as_second());
        (breaker.admission(&limits, now.as_second()), breaker.failures())
    }

    /// Whether nothing is remembered.
    pub(super) fn is_blank(&self) -> bool {
        self.breaker == Breaker::default()
    }
}
