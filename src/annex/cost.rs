//! The estimated cost of an annex.

use jiff::Timestamp;

use super::instance_group::share;
use super::market::Market;
use super::money::Dollars;
use super::pool_price::PoolPrice;
use super::running::Running;
use super::spec::AnnexSpec;

/// The cost of an annex: by current prices, and at most.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Estimate {
    /// By the cloud's current prices, and on demand by those that were named; `None` unless they are known for all
    /// pools.
    pub now: Option<Cost>,
    /// By the user's maximum prices, or else those on demand that were named, or else the cloud's prices; `None` unless
    /// one of them is known for all pools.
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

/// So many instances at these prices; `None` where one is unknown.
#[derive(Clone, Copy, Debug)]
struct Part {
    count: u32,
    now: Option<Dollars>,
    at_most: Option<Dollars>,
    disk: Option<Dollars>,
}

impl Estimate {
    /// Computes the cost of `spec` with these prices of its pools, for the rest of its lease at `now`.
    pub fn of(spec: &AnnexSpec, prices: &[PoolPrice], now: Timestamp) -> Self {
        Self::with_running(spec, prices, &[], now)
    }

    /// Computes the same of an annex some of whose instances run: these cost what they were started with. Which of them
    /// go where the annex shrinks is not known: the dearest are taken to stay.
    pub fn with_running(spec: &AnnexSpec, prices: &[PoolPrice], running: &[Running<'_>], now: Timestamp) -> Self {
        let seconds = u64::try_from(spec.expires_at.duration_since(now).as_secs()).unwrap_or_default();
        let of_pool = |index: usize| running.iter().filter(move |one| one.pool == index);
        let up = |index| u32::try_from(of_pool(index).count()).unwrap_or(u32::MAX);
        let up: Vec<u32> = (0..spec.pools.len()).map(up).collect();
        let counts = share(spec.count, &spec.pools, &up);
        let parts: Vec<Part> = counts
            .into_iter()
            .enumerate()
            .flat_map(|(index, count)| {
                let mut stay: Vec<(Part, bool)> = of_pool(index).map(|one| (one.part(), one.spot)).collect();
                stay.sort_by_key(|(part, _)| std::cmp::Reverse((part.at_most.is_none(), part.at_most)));
                stay.truncate(count as usize);
                let more = count - u32::try_from(stay.len()).unwrap_or(count);
                let on_demand = u32::try_from(stay.iter().filter(|(_, spot)| !spot).count()).unwrap_or(count);
                let on_demand = spec.on_demand(index, count).saturating_sub(on_demand).min(more);
                let price = prices.get(index).copied().unwrap_or_default();
                let fresh = [(more - on_demand, true), (on_demand, false)]
                    .map(|(count, spot)| bought(spec, index, price, spot, count));
                stay.into_iter().map(|(part, _)| part).chain(fresh).filter(|part| part.count > 0).collect::<Vec<_>>()
            })
            .collect();
        let cost = |price: fn(&Part) -> Option<Dollars>| {
            // Disks of an unknown price are told of, and not counted.
            let of_part = |part: &Part| price(part)?.plus(part.disk.unwrap_or_default())?.times(part.count.into());
            let per_hour = parts.iter().try_fold(Dollars::default(), |sum, part| sum.plus(of_part(part)?))?;
            Some(Cost { per_hour, in_all: per_hour.for_seconds(seconds)? })
        };
        Self {
            now: cost(|part| part.now),
            at_most: cost(|part| part.at_most),
            counts_disks: parts.iter().all(|part| part.disk.is_some()),
        }
    }
}

impl Running<'_> {
    fn part(&self) -> Part {
        bought(self.spec, self.pool, self.price, self.spot, 1)
    }
}

/// Returns what so many instances of pool `index` cost, which are bought on spot or on demand.
fn bought(spec: &AnnexSpec, index: usize, price: PoolPrice, spot: bool, count: u32) -> Part {
    let list = spec.list_price(index).or(price.on_demand);
    let (now, at_most) = if spot {
        // Without a highest price it is that on demand.
        let granted = spec.pools.get(index).and_then(|pool| pool.max_price).or(list).or(price.spot);
        (price.spot, granted)
    } else {
        (list, list)
    };
    // Spot may lack all of them: then the dearer counts.
    let at_most = match spec.market_of(index) {
        Market::Fallback => list.map(|list| at_most.map_or(list, |most| most.max(list))),
        _ => at_most,
    };
    Part { count, now, at_most, disk: price.disk }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::annex::{AnnexEvent, InstanceGroup, PastSpecs, PoolSoftware};

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

    /// An annex of this market with one pool, which has these keys.
    fn of_pool(words: &str, market: Market) -> AnnexSpec {
        let pool = crate::annex::parse_pool(&format!("image=ami-1,type=m5.large,{words}")).unwrap();
        AnnexSpec { pools: vec![pool], market, ..spec() }
    }

    #[test]
    fn what_is_bought_on_demand_costs_the_list_price() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let dollars = |text: &str| text.parse::<Dollars>().unwrap();
        let of = |words: &str, market: Market| {
            let spec = AnnexSpec { count: 10, ..of_pool(words, market) };
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
        // Without a highest price, spot costs at most what one on demand does.
        assert_eq!(of("list-price=0.1", Market::Spot), some(["0.20", "1.00"]));
        assert_eq!(of("list-price=0.1", Market::Shared(20)), some(["0.36", "1.00"]));
        // Where all are on demand, the price named is what one is taken to cost.
        assert_eq!(of("price=0.1", Market::OnDemand), some(["1.00", "1.00"]));
        assert_eq!(of("price=0.05", Market::Shared(20)), [None, None], "the highest price of spot is no list price");
    }

    #[test]
    fn what_runs_costs_what_it_was_started_with() {
        let now: Timestamp = "2026-11-20T12:00:00Z".parse().unwrap();
        let dollars = |text: &str| text.parse::<Dollars>().unwrap();
        let price = |spot: &str, disk: &str| PoolPrice {
            spot: Some(dollars(spot)),
            disk: Some(dollars(disk)),
            ..PoolPrice::default()
        };
        let (before, after) = (of_pool("list-price=0.4", Market::OnDemand), of_pool("price=0.05", Market::Spot));
        let events = [(0, &before), (600, &after)].map(|(seconds, spec)| {
            let at = now + jiff::SignedDuration::from_secs(seconds);
            (at, AnnexEvent::ApplyIntended { token: "a".to_owned(), spec: Box::new(spec.clone()) })
        });
        let past = PastSpecs::of(events);
        let spec_at = |seconds| past.at(now + jiff::SignedDuration::from_secs(seconds)).unwrap();
        assert_eq!((spec_at(-5), spec_at(599), spec_at(600)), (&before, &before, &after));
        let old = Running { spec: spec_at(5), pool: 0, spot: false, price: price("0.02", "0.03") };
        let running = [old.clone(), old.clone(), old];
        let estimate = |count, running: &[Running<'_>]| {
            let spec = AnnexSpec { count, ..after.clone() };
            let estimate = Estimate::with_running(&spec, &[price("0.02", "0.01")], running, now);
            [estimate.now, estimate.at_most].map(|cost| cost.unwrap().per_hour.to_string())
        };
        // Three at 0.40 and 0.03 for the disk; new ones at 0.05 at most and 0.01.
        assert_eq!(estimate(4, &running), ["1.32", "1.35"]);
        assert_eq!(estimate(3, &running), ["1.29", "1.29"]);
        assert_eq!(estimate(1, &running), ["0.43", "0.43"]);
        assert_eq!(estimate(4, &[]), ["0.12", "0.24"]);
    }
}
