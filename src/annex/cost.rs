//! The estimated cost of an annex.

use jiff::Timestamp;

use super::instance_group::split;
use super::money::Dollars;
use super::spec::AnnexSpec;

/// The cost of an annex: by current prices, and at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// By the cloud's current prices; `None` unless they are known for all pools.
    pub now: Option<Cost>,
    /// By the user's maximum prices, or else the cloud's prices; `None` unless one of them is known for all pools.
    pub at_most: Option<Cost>,
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
    pub fn of(spec: &AnnexSpec, prices: &[Option<Dollars>], now: Timestamp) -> Self {
        let seconds = u64::try_from(spec.expires_at.duration_since(now).as_secs()).unwrap_or_default();
        let counts = split(spec.count, &spec.pools);
        let cost = |unit: &dyn Fn(usize) -> Option<Dollars>| {
            let parts = counts.iter().enumerate().filter(|(_, count)| **count > 0);
            let per_hour = parts
                .map(|(index, count)| unit(index)?.times(u64::from(*count)))
                .try_fold(Dollars::default(), |sum, part| sum.plus(part?))?;
            Some(Cost { per_hour, in_all: per_hour.for_seconds(seconds)? })
        };
        let known = |index: usize| prices.get(index).copied().flatten();
        let granted = |index: usize| spec.pools[index].max_price;
        Self { now: cost(&known), at_most: cost(&|index| granted(index).or(known(index))) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annex::{InstanceGroup, Market, PoolSoftware};

    #[test]
    fn what_is_granted_bounds_what_it_costs() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let dollars = |text: &str| text.parse::<Dollars>().unwrap();
        let pool = |max_price: Option<&str>, weight| InstanceGroup {
            image: "ami-1".to_owned(),
            instance_types: vec!["t3.small".to_owned()],
            max_price: max_price.map(dollars),
            weight,
            disk: None,
            market: None,
        };
        let mut spec = AnnexSpec {
            name: "foo".parse().unwrap(),
            pools: vec![pool(Some("0.06"), 1), pool(None, 3)],
            count: 4,
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
        };
        let estimate = Estimate::of(&spec, &[Some(dollars("0.02")), Some(dollars("0.01"))], now);
        let cost = |per_hour, in_all| Some(Cost { per_hour: dollars(per_hour), in_all: dollars(in_all) });
        assert_eq!(estimate, Estimate { now: cost("0.05", "0.075"), at_most: cost("0.09", "0.135") });
        assert_eq!(Estimate::of(&spec, &[Some(dollars("0.02")), None], now), Estimate::default());
        // A pool without instances is free, whatever its price.
        spec.count = 1;
        spec.pools[0].weight = 9;
        let one = Estimate::of(&spec, &[None, None], now);
        assert_eq!((one.now, one.at_most), (None, cost("0.06", "0.09")));
        spec.expires_at = now;
        assert_eq!(Estimate::of(&spec, &[None, None], now).at_most, cost("0.06", "0.00"));
    }
}
