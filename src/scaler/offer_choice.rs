//! The offers that a launch tries.

use std::sync::Arc;

use jiff::Timestamp;

use super::fleet::Fleet;
use super::kind_spec::KindSpec;
use super::worker::WorkerPhase;
use crate::elastic::engine::{Admission, Limit, Market, Note};
use crate::provider::Offer;

/// The calls of a launch, by the offers that may be tried.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct OfferChoice {
    /// Offers of one market, and the number of machines that are launched by them.
    pub(super) calls: Vec<(Vec<Offer>, u32)>,
    /// The limit, if fewer machines may be launched than wanted.
    pub(super) limit: Option<Limit>,
}

/// What stands against an offer.
enum Standing {
    Open(Offer),
    /// One machine, as a probe.
    Probe(Offer, Limit),
    Closed(Limit),
}

impl KindSpec {
    /// Returns the offers of a launch, in order, each once.
    pub(super) fn offers(&self, market: Market) -> Vec<Offer> {
        let of_market = |offer: &Offer| match market {
            Market::AsDescribed => offer.clone(),
            Market::Spot => Offer { spot: true, ..offer.clone() },
            Market::OnDemand => Offer { spot: false, ..offer.clone() },
        };
        let all = &self.machine.offers;
        let wanted = if all.is_empty() { &[Offer::default()][..] } else { all };
        let mut offers: Vec<Offer> = Vec::with_capacity(wanted.len());
        for offer in wanted.iter().map(of_market) {
            if !offers.contains(&offer) {
                offers.push(offer);
            }
        }
        offers
    }

    /// Whether failures are laid to the offer's account. With one offer they are the kind's, and the engine sees to it.
    pub(super) fn has_several_offers(&self) -> bool {
        self.offers(Market::AsDescribed).len() > 1
    }
}

impl Fleet {
    /// Chooses the offers for `count` machines of a kind. An offer without capacity a short time ago is left out; so is
    /// one whose machines failed to come up, until a single machine may probe it. Others go on meanwhile; but when
    /// several have failed and no machine of the kind serves, the rest is probed by one machine at a time, too.
    pub(super) fn choose_offers(
        &self,
        (kind, spec): (&Arc<str>, &KindSpec),
        (count, market): (u32, Market),
        now: Timestamp,
    ) -> OfferChoice {
        let offers = spec.offers(market);
        let (mut open, mut probes, mut limits): (Vec<Offer>, Vec<Offer>, Vec<Limit>) = Default::default();
        for standing in self.standings(kind, &offers, now) {
            match standing {
                Standing::Open(offer) => open.push(offer),
                // One that is preferred to all that are open is probed; another is not needed.
                Standing::Probe(offer, limit) if open.is_empty() => {
                    probes.push(offer);
                    limits.push(limit);
                }
                Standing::Probe(_, limit) | Standing::Closed(limit) => limits.push(limit),
            }
        }
        let mut choice = OfferChoice::default();
        let mut left = count;
        for probe in probes.into_iter().take(usize::try_from(count).unwrap_or(usize::MAX)) {
            choice.calls.push((vec![probe], 1));
            left -= 1;
        }
        if let (Some(first), 1..) = (open.first(), left) {
            let spot = first.spot;
            open.retain(|offer| offer.spot == spot);
            choice.calls.push((open, left));
            left = 0;
        }
        if left > 0 {
            choice.limit = first_to_end(limits);
        }
        choice
    }

    /// Returns a note for each offer of a kind that is left out, and why.
    pub(super) fn offers_left_out(&self, kind: &Arc<str>, spec: &KindSpec, now: Timestamp) -> Vec<Note> {
        if !spec.has_several_offers() {
            return Vec::new();
        }
        let left_out = |offer: Offer| {
            let refused = self.offers.without_capacity(&offer, now);
            let refused = refused.map(|until| Limit::NoCapacity { until: until.as_second() });
            let by = refused.or_else(|| self.offers.admission(kind, &offer, now).1)?;
            Some(Note::OfferLeftOut { kind: kind.clone(), offer: offer.to_string(), by })
        };
        spec.offers(Market::AsDescribed).into_iter().filter_map(left_out).collect()
    }

    fn standings(&self, kind: &Arc<str>, offers: &[Offer], now: Timestamp) -> Vec<Standing> {
        let of_kind = |phase: fn(WorkerPhase) -> bool| {
            self.workers.values().any(|worker| worker.kind == *kind && phase(worker.phase))
        };
        let judged: Vec<_> = offers.iter().map(|offer| self.offers.admission(kind, offer, now)).collect();
        let failing = judged.iter().filter(|(_, limit)| limit.is_some()).count();
        let suspect = failing > 1 && !of_kind(|phase| matches!(phase, WorkerPhase::Serving | WorkerPhase::Draining));
        let probed = suspect && of_kind(|phase| phase == WorkerPhase::Starting);
        let mut chosen = false;
        let mut standings = Vec::with_capacity(offers.len());
        for (offer, (admission, limit)) in offers.iter().zip(judged) {
            let limit = limit.filter(|_| offers.len() > 1);
            standings.push(match (self.offers.without_capacity(offer, now), admission, limit) {
                (Some(until), ..) => Standing::Closed(Limit::NoOffer { until: until.as_second() }),
                (None, Admission::Closed(_), Some(limit)) => Standing::Closed(limit),
                (None, _, limit) if suspect => {
                    let limit = limit.unwrap_or(Limit::Breaker { failures: 0, until: None });
                    match std::mem::replace(&mut chosen, true) || probed {
                        true => Standing::Closed(limit),
                        false => Standing::Probe(offer.clone(), limit),
                    }
                }
                (None, _, Some(limit)) => Standing::Probe(offer.clone(), limit),
                (None, ..) => Standing::Open(offer.clone()),
            });
        }
        standings
    }
}

/// Returns the limit that ends first. One that waits for a machine on trial has no time, and comes last.
fn first_to_end(limits: Vec<Limit>) -> Option<Limit> {
    let end = |limit: &Limit| match limit {
        Limit::NoOffer { until } | Limit::Breaker { until: Some(until), .. } => *until,
        _ => i64::MAX,
    };
    limits.into_iter().min_by_key(end)
}

#[cfg(test)]
mod tests;
