//! The document of an annex that could be created.

use jiff::Timestamp;
use serde::Serialize;
use serde_json::Value;

use super::annex_offer::AnnexOffer;
use crate::annex::{AnnexName, Cost, Dollars, Estimate, Market};
use crate::report::schema_version::SchemaVersion;

/// The document of `hoist annex create --dry-run`.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct AnnexOfferDocument<'a> {
    schema: SchemaVersion,
    /// True: nothing was made.
    dry_run: bool,
    /// The annex's name.
    annex: &'a AnnexName,
    /// Where, such as `ec2 us-east-1`.
    place: &'a str,
    /// How many instances.
    count: u32,
    /// How they are bought.
    market: Market,
    /// When its lease would end.
    expires_at: Timestamp,
    /// How many seconds that is from now.
    lease_seconds: i64,
    /// What it costs.
    cost: EstimateView,
    /// What the cloud would be asked for, in its own terms.
    request: &'a Value,
}

/// What an annex costs. Dollars are texts, since they are exact.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct EstimateView {
    /// By the prices of now; null where the cloud tells none.
    now: Option<CostView>,
    /// By the highest prices that are granted; null where there are none.
    at_most: Option<CostView>,
    /// Whether both count the disks; false where the size or the price of one is not known.
    counts_disks: bool,
}

/// What instances cost.
#[derive(Clone, Debug, Serialize)]
#[cfg_attr(test, derive(schemars::JsonSchema))]
pub struct CostView {
    /// All of them in an hour, in US dollars.
    per_hour: Dollars,
    /// All of them until the lease ends, in US dollars.
    in_all: Dollars,
}

impl<'a> AnnexOfferDocument<'a> {
    /// Creates the document of an offer and of the request that the cloud would get.
    pub fn new(offer: &AnnexOffer<'a>, request: &'a Value) -> Self {
        let spec = offer.spec;
        let cost = |cost: Option<Cost>| cost.map(|Cost { per_hour, in_all }| CostView { per_hour, in_all });
        let Estimate { now, at_most, counts_disks } = offer.estimate;
        Self {
            schema: SchemaVersion,
            dry_run: true,
            annex: &spec.name,
            place: offer.place,
            count: spec.count,
            market: spec.market,
            expires_at: spec.expires_at,
            lease_seconds: spec.expires_at.duration_since(offer.now).as_secs().max(0),
            cost: EstimateView { now: cost(now), at_most: cost(at_most), counts_disks },
            request,
        }
    }
}
