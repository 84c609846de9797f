use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use super::offer_trial::{OfferTrial, Trial};
use crate::elastic::engine::{Admission, Limit, MachineId};
use crate::engine::COOL_DOWN;
use crate::provider::{CapacityError, Offer};

/// What a fleet's journal tells of the offers that its launches tried: those that had no capacity a short time ago, and
/// those whose machines did not come up.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OfferMemory {
    /// Offers without capacity, with the time of the refusal.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    refused: Vec<(Offer, Timestamp)>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    trials: Vec<OfferTrial>,
}

impl OfferMemory {
    /// Whether nothing is remembered.
    pub fn is_empty(&self) -> bool {
        self.refused.is_empty() && self.trials.is_empty()
    }

    /// Takes in refusals: these offers are left out for a while.
    pub(super) fn refuse(&mut self, refusals: &[CapacityError], at: Timestamp) {
        self.refused.retain(|(offer, since)| {
            at.duration_since(*since) < pause() && refusals.iter().all(|refusal| refusal.offer != *offer)
        });
        let mut refused: BTreeMap<&Offer, Timestamp> = BTreeMap::new();
        refused.extend(refusals.iter().map(|refusal| (&refusal.offer, at)));
        self.refused.extend(refused.into_iter().map(|(offer, at)| (offer.clone(), at)));
    }

    /// Takes in what became of a machine that a kind launched by an offer.
    pub(super) fn take(
        &mut self,
        (kind, offer): (&Arc<str>, &Offer),
        machine: &MachineId,
        trial: Trial,
        at: Timestamp,
    ) {
        let known = self.trials.iter().position(|known| known.kind == *kind && known.offer == *offer);
        let position = match (known, trial) {
            (Some(position), _) => position,
            (None, Trial::Launched) => {
                self.trials.push(OfferTrial::new(kind.clone(), offer.clone()));
                self.trials.len() - 1
            }
            (None, _) => return,
        };
        self.trials[position].take(machine, trial, at);
        self.trials.retain(|trial| !trial.is_blank());
    }

    /// Returns the time until which an offer is left out because it had no capacity.
    pub(super) fn without_capacity(&self, offer: &Offer, now: Timestamp) -> Option<Timestamp> {
        let (_, since) = self.refused.iter().find(|(refused, _)| refused == offer)?;
        let until = since.saturating_add(pause()).unwrap_or(Timestamp::MAX);
        (now < until).then_some(until)
    }

    /// Returns the breaker's answer for launches of a kind by an offer, with the limit behind it.
    pub(super) fn admission(&self, kind: &str, offer: &Offer, now: Timestamp) -> (Admission, Option<Limit>) {
        let trial = self.trials.iter().find(|trial| *trial.kind == *kind && trial.offer == *offer);
        let Some((admission, failures)) = trial.map(|trial| trial.admission(now)) else {
            return (Admission::Free, None);
        };
        let limit = match admission {
            Admission::Free => None,
            Admission::Trial => Some(Limit::Breaker { failures, until: None }),
            Admission::Closed(until) => Some(Limit::Breaker { failures, until }),
        };
        (admission, limit)
    }
}

fn pause() -> SignedDuration {
    SignedDuration::try_from(COOL_DOWN).unwrap_or(SignedDuration::MAX)
}
