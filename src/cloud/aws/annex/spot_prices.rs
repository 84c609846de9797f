//! Spot prices in the type that annexes use.

use std::collections::{BTreeMap, BTreeSet};

use crate::annex::Dollars;
use crate::cloud::aws::ec2::prices::SpotPrices;
use crate::provider::{CloudError, SpotPrice};

/// Current spot prices by instance type and zone.
pub(super) type Prices = BTreeMap<(String, String), Dollars>;

/// Returns the current spot prices of these instance types.
pub(super) async fn spot_prices(market: &SpotPrices, types: &BTreeSet<String>) -> Result<Prices, CloudError> {
    let types: Vec<String> = types.iter().cloned().collect();
    let prices = market.latest(&types).await?.into_iter();
    let price = |price: SpotPrice| Some(((price.instance_type, price.zone), price.dollars_an_hour.parse().ok()?));
    Ok(prices.filter_map(price).collect())
}
