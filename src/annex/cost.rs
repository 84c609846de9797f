//! The estimated cost of an annex.

use jiff::Timestamp;

use super::instance_group::split;
use super::market::Market;
use super::money::Dollars;
use super::pool_price::PoolPrice;
use super::spec::AnnexSpec;

/// The cost of an annex: by current prices, and at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// By the cloud's current prices, and on demand by those that were named; `None` unless they are known for all
    /// pools.
    pub now: Option<Cost>,
    /// By the user's maximum prices, or else the cloud's prices; `None` unless one of them is known for all pools.
    pub at_most: Option<Cost>,
    /// Whether both count the disks: size and price of all of them are known.
    pub counts_disks: bool,
}

/// The cost of all instances of an annex together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cost {
    /// Per hour.
    pub per_hour: Dollars,
    /// Until the end of the lease.
    pub in_all: Dollars,
}

impl Estimate {
    /// Computes the cost of `spec` with these prices of its pools, for the rest of its lease at `now`.
    pub fn of(spec: &AnnexSpec, prices: &[PoolPrice], now: Timestamp) -> Self {
        let seconds = u64::try_from(spec.expires_at.duration_since(now).as_secs()).unwrap_or_default();
        let counts = split(spec.count, &spec.pools);
        let pools = || counts.iter().copied().enumerate().filter(|(_, count)| *count > 0);
        let price = |index: usize| prices.get(index).copied().unwrap_or_default();
        let list_price = |index: usize| spec.list_price(index).or(price(index).on_demand);
        // Each part of a pool: so many instances at such a price.
        let cost = |parts: &dyn Fn(usize, u32) -> [(u32, Option<Dollars>); 2]| {
            let of_pool = |(index, count): (usize, u32)| {
                // Disks of an unknown price are told of, and not counted.
                let disk = Some(price(index).disk.unwrap_or_default());
                let parts = parts(index, count).into_iter().chain([(count, disk)]);
                sum(parts.filter(|(count, _)| *count > 0).map(|(count, unit)| unit?.times(count.into())))
            };
            let per_hour = sum(pools().map(of_pool))?;
            Some(Cost { per_hour, in_all: per_hour.for_seconds(seconds)? })
        };
        let now = |index: usize, count: u32| {
            let on_demand = spec.on_demand(index, count);
            [(count - on_demand, price(index).spot), (on_demand, list_price(index))]
        };
        let at_most = |index: usize, count: u32| {
            let spot = spec.pools[index].max_price.or(price(index).spot);
            match spec.market_of(index) {
                // Whichever is dearer: spot may lack all of them.
                Market::Fallback => {
                    [(count, list_price(index).map(|list| spot.map_or(list, |spot| spot.max(list)))), (0, None)]
                }
                _ => {
                    let [(on_spot, _), on_demand] = now(index, count);
                    [(on_spot, spot), on_demand]
                }
            }
        };
        Self {
            now: cost(&now),
            at_most: cost(&at_most),
            counts_disks: pools().all(|(index, _)| price(index).disk.is_some()),
        }
    }
}

fn sum(mut parts: impl Iterator<Item = Option<Dollars>>) -> Option<Dollars> {
    parts.try_fold(Dollars::default(), |sum, part| sum.plus(part?))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annex::{InstanceGroup, PoolSoftware};

    fn spec() -> AnnexSpec {
        AnnexSpec {
            name: "foo".parse().unwrap(),
            pools: Vec::new(),
            count: 1,
            market: Market::Spot,
            vpc: None,
            subnets: Vec::new(),
            security_groups: Vec::new(),
            key_name: None,
            metadata_hops: None,
            expires_at: "2026-11-20T13:30:00Z".parse().unwrap(),
            runs_out: false,
            idle_seconds: None,
            software: PoolSoftware::None,
            owner: "ada@pi".to_owned(),
            state: None,
            tags: std::collections::BTreeMap::new(),
            user_data: None,
            contents: crate::annex::FileDigests::default(),
        }
    }

    #[test]
    fn what_is_granted_bounds_what_it_costs() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let dollars = |text: &str| text.parse::<Dollars>().unwrap();
        let pool = |max_price: Option<&str>, weight| InstanceGroup {
            image: "ami-1".to_owned(),
            instance_types: vec!["t3.small".to_owned()],
            max_price: max_price.map(dollars),
            weight,
            ..InstanceGroup::default()
        };
        let mut spec = AnnexSpec { pools: vec![pool(Some("0.06"), 1), pool(None, 3)], count: 4, ..spec() };
        let spot = |price: &str| PoolPrice { spot: Some(dollars(price)), ..PoolPrice::default() };
        let estimate = Estimate::of(&spec, &[spot("0.02"), spot("0.01")], now);
        let cost = |per_hour, in_all| Some(Cost { per_hour: dollars(per_hour), in_all: dollars(in_all) });
        let expected = Estimate { now: cost("0.05", "0.075"), at_most: cost("0.09", "0.135"), counts_disks: false };
        assert_eq!(estimate, expected);
        let unknown = PoolPrice::default();
        assert_eq!(Estimate::of(&spec, &[spot("0.02"), unknown], now), Estimate::default());
        // A pool without instances is free, whatever its price.
        spec.count = 1;
        spec.pools[0].weight = 9;
        let one = Estimate::of(&spec, &[unknown, unknown], now);
        assert_eq!((one.now, one.at_most), (None, cost("0.06", "0.09")));
        // The disk of each instance counts, of whatever market.
        let disk = PoolPrice { disk: Some(dollars("0.01")), ..PoolPrice::default() };
        let with_disk = Estimate::of(&spec, &[disk, unknown], now);
        assert_eq!((with_disk.at_most, with_disk.counts_disks), (cost("0.07", "0.105"), true));
        spec.expires_at = now;
        assert_eq!(Estimate::of(&spec, &[unknown, unknown], now).at_most, cost("0.06", "0.00"));
    }

    #[test]
    fn what_is_bought_on_demand_costs_the_list_price() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let dollars = |text: &str| text.parse::<Dollars>().unwrap();
        let of = |words: &str, market: Market| {
            let pool = crate::annex::parse_pool(&format!("image=ami-1,type=m5.large,{words}")).unwrap();
            let spec = AnnexSpec { pools: vec![pool], count: 10, market, ..spec() };
            let price = PoolPrice { spot: Some(dollars("0.02")), ..PoolPrice::default() };
            let estimate = Estimate::of(&spec, &[price], now);
            [estimate.now, estimate.at_most].map(|cost| cost.map(|cost| cost.per_hour.to_string()))
        };
        let some = |texts: [&str; 2]| texts.map(|text| Some(text.to_owned()));
        assert_eq!(of("price=0.05,list-price=0.1", Market::Shared(20)), some(["0.36", "0.60"]));
        assert_eq!(of("price=0.05,list-price=0.1", Market::Mixed), some(["0.28", "0.55"]));
        assert_eq!(of("price=0.05,list-price=0.1", Market::Spot), some(["0.20", "0.50"]));
        assert_eq!(of("list-price=0.1", Market::OnDemand), some(["1.00", "1.00"]));
        assert_eq!(of("price=0.05,list-price=0.1", Market::Fallback), some(["0.20", "1.00"]), "spot may lack all");
        // Where all are on demand, the price named is what one is taken to cost.
        assert_eq!(of("price=0.1", Market::OnDemand), some(["1.00", "1.00"]));
        assert_eq!(of("price=0.05", Market::Shared(20)), [None, None], "the highest price of spot is no list price");
    }
}
