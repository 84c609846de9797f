//! The offers that a launch tries: in the plan's order, one market per call, without those that just had no capacity.

use std::collections::HashMap;
use std::time::Duration;

use tokio::time::Instant;

use super::failure::{Failure, Stage};
use crate::provider::{CapacityError, Offer};

/// How long an offer without capacity is skipped: capacity comes back in minutes, and asking again at once costs a call
/// in vain. Karpenter takes the same time.
pub const COOL_DOWN: Duration = Duration::from_secs(180);

/// The offers that had no capacity, by cloud. Lives as long as one command: a person who tries again knows more.
#[derive(Debug, Default)]
pub(super) struct CapacityCooldown(HashMap<(String, Offer), Instant>);

impl CapacityCooldown {
    /// Skips these offers of a cloud from now on.
    pub(super) fn begin(&mut self, cloud: &str, refusals: &[CapacityError]) {
        let now = Instant::now();
        self.0.extend(refusals.iter().map(|refusal| ((cloud.to_owned(), refusal.offer.clone()), now)));
    }

    /// Returns the offers to try next, all of one market; if none is left, all refusals.
    pub(super) fn choose(
        &self,
        cloud: &str,
        offers: &[Offer],
        declined: &[CapacityError],
    ) -> Result<Vec<Offer>, Vec<CapacityError>> {
        let mut tried = declined.to_vec();
        let mut open: Vec<&Offer> = Vec::new();
        for offer in offers.iter().filter(|offer| !declined.iter().any(|refusal| refusal.offer == **offer)) {
            match self.0.get(&(cloud.to_owned(), offer.clone())).map(Instant::elapsed).filter(|ago| *ago < COOL_DOWN) {
                Some(ago) => tried.push(CapacityError {
                    offer: offer.clone(),
                    reason: format!("left alone, since it had no capacity {} s ago", ago.as_secs()),
                }),
                None => open.push(offer),
            }
        }
        match open.first() {
            Some(first) => {
                Ok(open.iter().filter(|offer| offer.spot == first.spot).map(|&offer| offer.clone()).collect())
            }
            None => Err(tried),
        }
    }
}

/// Returns the failure of a launch after every offer was tried.
pub(super) fn exhausted(tried: &[CapacityError]) -> Failure {
    let hint = "try again later, or allow more: `instance_type`, `zone`, `subnet` and `market` take lists";
    let (reason, lines) = match tried {
        [CapacityError { offer, reason }] if offer.instance_type.is_none() && offer.zone.is_none() => {
            (reason.clone(), Vec::new())
        }
        [CapacityError { offer, reason }] => (format!("no capacity for {offer}: {reason}"), Vec::new()),
        several => {
            let width =
                several.iter().map(|refusal| refusal.offer.to_string().chars().count()).max().unwrap_or_default();
            let line =
                |CapacityError { offer, reason }: &CapacityError| format!("{:width$}  {reason}", offer.to_string());
            (format!("none of {} offers had capacity", several.len()), several.iter().map(line).collect())
        }
    };
    Failure { tried: lines, ..Failure::new(Stage::Launch, reason).hint(Some(hint)) }
}
