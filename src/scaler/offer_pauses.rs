use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};

use crate::elastic::engine::Market;
use crate::engine::COOL_DOWN;
use crate::provider::{CapacityError, Offer};

/// The offers that had no capacity a short time ago, which launches leave out.
#[derive(Clone, Debug, Default)]
pub(super) struct OfferPauses(BTreeMap<Offer, Timestamp>);

impl OfferPauses {
    /// Leaves these offers out for a while.
    pub(super) fn begin(&mut self, refusals: &[CapacityError], now: Timestamp) {
        self.0.retain(|_, since| now.duration_since(*since) < pause());
        self.0.extend(refusals.iter().map(|refusal| (refusal.offer.clone(), now)));
    }

    /// Returns the offers that a launch tries, all of one market.
    ///
    /// # Errors
    /// All have to wait: the time until which the first does.
    pub(super) fn choose(&self, offers: &[Offer], market: Market, now: Timestamp) -> Result<Vec<Offer>, Timestamp> {
        let of_market = |offer: &Offer| match market {
            Market::AsDescribed => offer.clone(),
            Market::Spot => Offer { spot: true, ..offer.clone() },
            Market::OnDemand => Offer { spot: false, ..offer.clone() },
        };
        let mut open: Vec<Offer> = Vec::new();
        let mut first: Option<Timestamp> = None;
        let wanted = if offers.is_empty() { &[Offer::default()][..] } else { offers };
        for offer in wanted.iter().map(of_market) {
            match self.0.get(&offer).filter(|since| now.duration_since(**since) < pause()) {
                Some(since) => {
                    let until = since.saturating_add(pause()).unwrap_or(Timestamp::MAX);
                    first = Some(first.map_or(until, |first| first.min(until)));
                }
                None if open.first().is_none_or(|of_call| of_call.spot == offer.spot) && !open.contains(&offer) => {
                    open.push(offer);
                }
                None => {}
            }
        }
        if open.is_empty() { Err(first.unwrap_or(now)) } else { Ok(open) }
    }
}

fn pause() -> SignedDuration {
    SignedDuration::try_from(COOL_DOWN).unwrap_or(SignedDuration::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn offer(instance_type: &str, spot: bool) -> Offer {
        Offer { spot, instance_type: Some(instance_type.into()), ..Offer::default() }
    }

    #[test]
    fn an_offer_without_capacity_is_left_out_for_a_while() {
        let start = Timestamp::UNIX_EPOCH;
        let later = |seconds| start + SignedDuration::from_secs(seconds);
        let offers = [offer("a", true), offer("b", true), offer("a", false)];
        let mut pauses = OfferPauses::default();
        assert_eq!(pauses.choose(&offers, Market::AsDescribed, start).unwrap(), offers[..2]);
        let refused = |offer: &Offer| CapacityError { offer: offer.clone(), reason: "none".into() };
        pauses.begin(&[refused(&offers[0]), refused(&offers[1])], start);
        assert_eq!(pauses.choose(&offers, Market::AsDescribed, later(179)).unwrap(), offers[2..]);
        pauses.begin(&[refused(&offers[2])], later(100));
        assert_eq!(pauses.choose(&offers, Market::AsDescribed, later(179)), Err(later(180)));
        assert_eq!(pauses.choose(&offers, Market::AsDescribed, later(180)).unwrap(), offers[..2]);
    }

    #[test]
    fn the_market_of_a_decision_goes_before_that_of_the_kind() {
        let pauses = OfferPauses::default();
        let chosen = |market| pauses.choose(&[offer("a", false)], market, Timestamp::UNIX_EPOCH).unwrap();
        assert_eq!(chosen(Market::Spot), [offer("a", true)]);
        assert_eq!(chosen(Market::OnDemand), [offer("a", false)]);
    }
}
