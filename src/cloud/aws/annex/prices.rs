//! Prices of the instances of an annex.

use std::collections::BTreeSet;

use super::disk_prices::DiskPrices;
use super::networks::NetworkPlan;
use super::spot_prices::{Prices, spot_prices};
use crate::annex::{AnnexSpec, Dollars, InstanceGroup, PoolPrice};
use crate::cloud::aws::ec2::prices::SpotPrices;
use crate::provider::CloudError;

/// Prices annexes before they are created.
pub(super) struct AnnexPrices {
    pub(super) market: SpotPrices,
    pub(super) networks: NetworkPlan,
    pub(super) disks: DiskPrices,
}

impl AnnexPrices {
    /// Returns the current hourly prices of the dearest possible instance of each pool. EC2 gives prices of spot
    /// capacity only.
    pub(super) async fn dearest(&self, spec: &AnnexSpec) -> Result<Vec<PoolPrice>, CloudError> {
        let spot = self.spot(spec).await?;
        let disks = self.disks.of_pools(spec).await?;
        let price = |(spot, disk)| PoolPrice { spot, on_demand: None, disk };
        Ok(spot.into_iter().zip(disks).map(price).collect())
    }

    async fn spot(&self, spec: &AnnexSpec) -> Result<Vec<Option<Dollars>>, CloudError> {
        let on_spot = spec.pools.iter().enumerate().filter(|(place, _)| spec.market_of(*place).buys_spot());
        let types: BTreeSet<String> = on_spot.flat_map(|(_, pool)| pool.instance_types.iter().cloned()).collect();
        if types.is_empty() {
            return Ok(vec![None; spec.pools.len()]);
        }
        let prices = spot_prices(&self.market, &types).await?;
        let zones = self.networks.zones(spec).await?;
        let price = |(place, pool)| spec.market_of(place).buys_spot().then(|| dearest(pool, &prices, &zones)).flatten();
        Ok(spec.pools.iter().enumerate().map(price).collect())
    }
}

/// Returns the highest price for a pool in these zones, or in all zones if none is named. A pool's maximum price limits
/// it.
fn dearest(pool: &InstanceGroup, prices: &Prices, zones: &BTreeSet<String>) -> Option<Dollars> {
    let of_type = |name: &String| {
        let there =
            prices.iter().filter(|((known, zone), _)| known == name && (zones.is_empty() || zones.contains(zone)));
        there.map(|(_, price)| *price).max()
    };
    // A type of unknown price may be the dearest.
    let known: Option<Vec<Dollars>> = pool.instance_types.iter().map(of_type).collect();
    let dearest = known.and_then(|known| known.into_iter().max());
    match (dearest, pool.max_price) {
        (Some(dearest), Some(most)) => Some(dearest.min(most)),
        (dearest, most) => dearest.or(most),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_dearest_counts_and_a_highest_price_bounds_it() {
        let dollars = |text: &str| text.parse::<Dollars>().unwrap();
        let price = |name: &str, zone: &str, price: &str| ((name.to_owned(), zone.to_owned()), dollars(price));
        let prices: Prices =
            [price("m5.large", "a", "0.03"), price("m5.large", "b", "0.09"), price("c5.large", "a", "0.05")].into();
        let pool = |types: &[&str], max_price: Option<&str>| InstanceGroup {
            image: "ami-1".to_owned(),
            instance_types: types.iter().map(|&name| name.to_owned()).collect(),
            max_price: max_price.map(dollars),
            weight: 1,
            ..InstanceGroup::default()
        };
        let (all, a) = (BTreeSet::new(), BTreeSet::from(["a".to_owned()]));
        assert_eq!(dearest(&pool(&["m5.large", "c5.large"], None), &prices, &all), Some(dollars("0.09")));
        assert_eq!(dearest(&pool(&["m5.large", "c5.large"], None), &prices, &a), Some(dollars("0.05")));
        assert_eq!(dearest(&pool(&["m5.large"], Some("0.06")), &prices, &all), Some(dollars("0.06")));
        assert_eq!(dearest(&pool(&["m5.large", "x"], None), &prices, &all), None);
        assert_eq!(dearest(&pool(&["x"], Some("0.06")), &prices, &all), Some(dollars("0.06")));
    }
}
