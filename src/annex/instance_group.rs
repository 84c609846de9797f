//! Parsing of pools from the command line, and the distribution of an annex's instances over them.

use super::market::NoMarket;
use super::money::{Dollars, NoAmount};
use super::spec::InstanceGroup;

/// The largest weight; a larger one is taken for a mistake.
const HEAVIEST: u32 = 1000;

/// The largest disk in GiB (Amazon EBS User Guide, "General Purpose SSD volumes").
const LARGEST_DISK: u32 = 65_536;

/// The keys of a pool.
const KEYS: &str = "image=…,type=…,price=…,weight=…,disk=…,market=…,list-price=…,disk-price=…";

/// Why a text is no instance group.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum GroupError {
    /// A single text is invalid.
    #[error("pool \"{text}\": {why}")]
    Text {
        /// The whole text.
        text: String,
        /// Its error.
        why: EntryError,
    },
    /// An entry of parallel lists is invalid.
    #[error("pool {number}: {why}")]
    Entry {
        /// The entry's number, from 1.
        number: usize,
        /// Its error.
        why: EntryError,
    },
    /// The lists' lengths do not match.
    #[error(
        "--image-ids has {images}, --instance-types {types} and --spot-prices {prices} entries; each needs one for each pool, \
         or one for all"
    )]
    Lengths {
        /// The number of images.
        images: usize,
        /// The number of instance types.
        types: usize,
        /// The number of prices.
        prices: usize,
    },
}

/// An error in one setting of a group.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EntryError {
    /// Nothing.
    #[error("nothing is named; write {KEYS}")]
    Empty,
    /// A duplicate key.
    #[error("{0} stands there twice")]
    Twice(String),
    /// A key without a value.
    #[error("{0} has no value; write {KEYS}")]
    NoValue(String),
    /// An unknown key.
    #[error("there is no key {0}; there are image, type, price, weight, disk, market, list-price and disk-price")]
    UnknownKey(String),
    /// A missing key.
    #[error("{0} is missing; write {KEYS}")]
    Missing(&'static str),
    /// Not an instance type.
    #[error("\"{}\" is no instance type, such as t3.small", .0.escape_debug())]
    NoType(String),
    /// A duplicate instance type.
    #[error("the instance type {0} stands there twice")]
    TypeTwice(String),
    /// The price is not an amount.
    #[error(transparent)]
    Price(#[from] NoAmount),
    /// The price is zero.
    #[error("a price of 0 gets nothing")]
    NoPrice,
    /// Not a weight.
    #[error("the weight \"{}\" is no number from 1 to {HEAVIEST}", .0.escape_debug())]
    NoWeight(String),
    /// Not a size of a disk.
    #[error("the disk \"{}\" is no size from 1G to 64T, such as 100G", .0.escape_debug())]
    NoDisk(String),
    /// Not a market.
    #[error(transparent)]
    Market(#[from] NoMarket),
}

/// Parses `image=…,type=…,price=…,weight=…,disk=…,market=…,list-price=…,disk-price=…`; `type` may name several with
/// `+`. Only `image` and `type` are required.
///
/// # Errors
/// The text, its invalid key, and the expected value.
pub fn parse_pool(text: &str) -> Result<InstanceGroup, GroupError> {
    fields(text).map_err(|why| GroupError::Text { text: text.to_owned(), why })
}

fn fields(text: &str) -> Result<InstanceGroup, EntryError> {
    if text.trim().is_empty() {
        return Err(EntryError::Empty);
    }
    let (mut image, mut types, mut price, mut weight) = (None, None, None, None);
    let (mut disk, mut market, mut list_price, mut disk_price) = (None, None, None, None);
    let fill = |slot: &mut Option<String>, key: &str, value: &str| match slot.replace(value.trim().to_owned()) {
        None => Ok(()),
        Some(_) => Err(EntryError::Twice(key.to_owned())),
    };
    for field in text.split(',') {
        let (key, value) = field.split_once('=').unwrap_or((field, ""));
        let key = key.trim();
        if value.trim().is_empty() {
            return Err(EntryError::NoValue(key.to_owned()));
        }
        match key {
            "image" => fill(&mut image, key, value)?,
            "type" => fill(&mut types, key, value)?,
            "price" => fill(&mut price, key, value)?,
            "weight" => fill(&mut weight, key, value)?,
            "disk" => fill(&mut disk, key, value)?,
            "market" => fill(&mut market, key, value)?,
            "list-price" => fill(&mut list_price, key, value)?,
            "disk-price" => fill(&mut disk_price, key, value)?,
            _ => return Err(EntryError::UnknownKey(key.to_owned())),
        }
    }
    Ok(InstanceGroup {
        image: image.ok_or(EntryError::Missing("image"))?,
        instance_types: parse_types(&types.ok_or(EntryError::Missing("type"))?)?,
        max_price: price.map(|price| parse_price(&price)).transpose()?,
        list_price: list_price.map(|price| parse_price(&price)).transpose()?,
        disk_price: disk_price.map(|price| price.parse()).transpose()?,
        weight: weight.map_or(Ok(1), |weight| parse_weight(&weight))?,
        disk: disk.map(|disk| parse_disk(&disk)).transpose()?,
        market: market.map(|market| market.parse()).transpose()?,
        fallen_back: 0,
    })
}

/// Parses the parallel lists of condor_annex: entry i of each makes pool i. A list with one entry holds for all; prices
/// may be missing altogether.
///
/// # Errors
/// Lists of different lengths, with these lengths; an error in an entry.
pub fn parse_lists(images: &[String], types: &[String], prices: &[String]) -> Result<Vec<InstanceGroup>, GroupError> {
    let count = images.len().max(types.len()).max(prices.len());
    let fits = |length: usize| length == count || length == 1;
    if !fits(images.len()) || !fits(types.len()) || !(prices.is_empty() || fits(prices.len())) {
        return Err(GroupError::Lengths { images: images.len(), types: types.len(), prices: prices.len() });
    }
    let nth = |list: &[String], index: usize| list.get(index).or(list.first()).cloned();
    (0..count)
        .map(|index| {
            let in_pool = |why: EntryError| GroupError::Entry { number: index + 1, why };
            let types = nth(types, index).unwrap_or_default();
            Ok(InstanceGroup {
                image: nth(images, index).unwrap_or_default(),
                instance_types: parse_types(&types).map_err(in_pool)?,
                max_price: nth(prices, index).map(|price| parse_price(&price)).transpose().map_err(in_pool)?,
                weight: 1,
                ..InstanceGroup::default()
            })
        })
        .collect()
}

fn parse_types(text: &str) -> Result<Vec<String>, EntryError> {
    let mut types: Vec<String> = Vec::new();
    for name in text.split('+').map(str::trim) {
        let valid =
            name.contains('.') && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || b".-".contains(&byte));
        if !valid {
            return Err(EntryError::NoType(name.to_owned()));
        }
        if types.iter().any(|known| known == name) {
            return Err(EntryError::TypeTwice(name.to_owned()));
        }
        types.push(name.to_owned());
    }
    Ok(types)
}

fn parse_price(text: &str) -> Result<Dollars, EntryError> {
    let price: Dollars = text.parse()?;
    if price == Dollars::default() { Err(EntryError::NoPrice) } else { Ok(price) }
}

fn parse_weight(text: &str) -> Result<u32, EntryError> {
    match text.parse() {
        Ok(weight) if (1..=HEAVIEST).contains(&weight) => Ok(weight),
        _ => Err(EntryError::NoWeight(text.to_owned())),
    }
}

/// Parses the size of a disk, in GiB: `100G`, `2T`.
fn parse_disk(text: &str) -> Result<u32, EntryError> {
    let no_disk = || EntryError::NoDisk(text.to_owned());
    let upper = text.to_ascii_uppercase();
    let upper = upper.strip_suffix("IB").or(upper.strip_suffix('B')).unwrap_or(&upper);
    let (number, unit) = match (upper.strip_suffix('G'), upper.strip_suffix('T')) {
        (Some(number), _) => (number, 1),
        (None, Some(number)) => (number, 1024),
        (None, None) => return Err(no_disk()),
    };
    let size = number.trim().parse::<u32>().ok().and_then(|number| number.checked_mul(unit));
    size.filter(|size| (1..=LARGEST_DISK).contains(size)).ok_or_else(no_disk)
}

/// Distributes `count` instances over the pools in proportion to their weights. Fractions are rounded by the largest
/// remainder, ties in favour of the earlier pool. The parts sum to `count`.
pub fn split(count: u32, pools: &[InstanceGroup]) -> Vec<u32> {
    let total: u64 = pools.iter().map(|pool| u64::from(pool.weight)).sum();
    if total == 0 {
        return vec![0; pools.len()];
    }
    let exact = |pool: &InstanceGroup| u64::from(count) * u64::from(pool.weight);
    let part = |share: u64| u32::try_from(share).unwrap_or(u32::MAX);
    let mut parts: Vec<u32> = pools.iter().map(|pool| part(exact(pool) / total)).collect();
    let mut by_fraction: Vec<usize> = (0..pools.len()).collect();
    by_fraction.sort_by_key(|&index| std::cmp::Reverse(exact(&pools[index]) % total));
    let left = count - parts.iter().sum::<u32>();
    by_fraction.into_iter().take(left as usize).for_each(|index| parts[index] += 1);
    parts
}

/// Like [`split`], for an annex whose pools have `now` instances: when it grows, no pool shrinks; when it shrinks, no
/// pool grows; when its size stays the same, all pools stay as they are, even if the shares differ from the weights
/// since an operator chose which instances to end.
pub fn share(count: u32, pools: &[InstanceGroup], now: &[u32]) -> Vec<u32> {
    let fair = split(count, pools);
    let now: Vec<u32> = (0..pools.len()).map(|index| now.get(index).copied().unwrap_or_default()).collect();
    let all = |parts: &[u32]| parts.iter().copied().map(u64::from).sum::<u64>();
    let is_smaller = all(&now) > u64::from(count);
    let (mut parts, most): (Vec<u32>, &[u32]) = if is_smaller {
        (now.iter().zip(&fair).map(|(now, fair)| *now.min(fair)).collect(), &now)
    } else {
        (now.clone(), &fair)
    };
    while all(&parts) < u64::from(count) {
        let lacks = |index: &usize| i64::from(most[*index]) - i64::from(parts[*index]);
        // Ties: the earlier pool.
        let Some(index) = (0..parts.len()).rev().max_by_key(lacks) else { break };
        parts[index] += 1;
    }
    parts
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::annex::Market;

    fn pool(weight: u32) -> InstanceGroup {
        InstanceGroup {
            image: "ami-1".to_owned(),
            instance_types: vec!["t3.small".to_owned()],
            max_price: None,
            weight,
            ..InstanceGroup::default()
        }
    }

    #[test]
    fn a_pool_is_read_from_its_keys() {
        let read = parse_pool("image=ami-1, type=m5.large+m5a.large,price=0.06,weight=3").unwrap();
        assert_eq!(read.instance_types, ["m5.large", "m5a.large"]);
        assert_eq!((read.max_price.unwrap().to_string().as_str(), read.weight), ("0.06", 3));
        assert_eq!(parse_pool("type=t3.small,image=resolve:ssm:/a/b").unwrap().image, "resolve:ssm:/a/b");
        let priced = parse_pool("image=ami-1,type=t3.small,price=0.06,list-price=0.1,disk-price=0.08").unwrap();
        let shown = [priced.max_price, priced.list_price, priced.disk_price].map(|price| price.unwrap().to_string());
        assert_eq!(shown, ["0.06", "0.10", "0.08"]);
        let disk = |size: &str| parse_pool(&format!("image=ami-1,type=t3.small,disk={size}")).unwrap().disk;
        assert_eq!([disk("100G"), disk("2T"), disk("8gb"), disk("8GiB")], [Some(100), Some(2048), Some(8), Some(8)]);
        let shared = parse_pool("image=ami-1,type=t3.small,market=spot:80+on-demand:20").unwrap();
        assert_eq!(shared.market, Some(Market::Shared(20)));
        for market in ["spot", "on-demand", "mixed", "spot+on-demand"] {
            let read = parse_pool(&format!("image=ami-1,type=t3.small,market={market}")).unwrap();
            assert_eq!(read.market.map(|market| market.to_string()).as_deref(), Some(market), "as --market");
        }
        for (wrong, why) in [
            ("", "nothing is named"),
            ("image=ami-1,,type=t3.small", "has no value"),
            ("image=ami-1", "type is missing"),
            ("type=t3.small", "image is missing"),
            ("image=ami-1,type=t3.small,cost=1", "no key cost"),
            ("image=ami-1,image=ami-2,type=t3.small", "twice"),
            ("image=ami-1,type=t3.small,price=-1", "no amount"),
            ("image=ami-1,type=t3.small,price=0", "gets nothing"),
            ("image=ami-1,type=t3.small,list-price=0", "gets nothing"),
            ("image=ami-1,type=t3.small,disk-price=free", "no amount"),
            ("image=ami-1,type=t3.small,weight=0", "from 1 to"),
            ("image=ami-1,type=t3.small,disk=100", "the disk \"100\" is no size from 1G to 64T"),
            ("image=ami-1,type=t3.small,disk=0G", "no size"),
            ("image=ami-1,type=t3.small,disk=65T", "no size"),
            ("image=ami-1,type=t3.small,disk=9999999T", "no size"),
            ("image=ami-1,type=t3.small,disk=bigG", "no size"),
            ("image=ami-1,type=t3.small,market=cheap", "is no market"),
            ("image=ami-1,type=t3.small,market=on-demand+spot", "comes second"),
            ("image=ami-1,type=t3.small+t3.small", "twice"),
            ("image=ami-1,type=small", "no instance type"),
        ] {
            let error = parse_pool(wrong).unwrap_err().to_string();
            assert!(error.contains(why), "{wrong}: {error}");
        }
    }

    #[test]
    fn lists_of_one_length_make_a_pool_an_entry() {
        let list = |items: &[&str]| items.iter().map(|&item| item.to_owned()).collect::<Vec<_>>();
        let pools = parse_lists(&list(&["ami-1", "ami-2"]), &list(&["m3.medium"]), &list(&["0.06", "0.07"])).unwrap();
        assert_eq!(
            (pools.len(), pools[1].image.as_str(), pools[1].instance_types[0].as_str()),
            (2, "ami-2", "m3.medium")
        );
        let error =
            parse_lists(&list(&["a", "b", "c"]), &list(&["m3.medium", "m3.large"]), &[]).unwrap_err().to_string();
        assert!(error.contains("--image-ids has 3, --instance-types 2 and --spot-prices 0"), "{error}");
        assert!(parse_lists(&list(&["ami-1"]), &[], &[]).is_err());
        let error = parse_lists(&list(&["ami-1"]), &list(&["t3.small", "small"]), &[]).unwrap_err().to_string();
        assert!(error.starts_with("pool 2: "), "{error}");
    }

    #[test]
    fn instances_are_shared_out_by_weight() {
        assert_eq!(split(10, &[pool(1), pool(1), pool(1)]), [4, 3, 3]);
        assert_eq!(split(10, &[pool(1), pool(3)]), [3, 7]);
        assert_eq!(split(1, &[pool(1), pool(3)]), [0, 1]);
        assert_eq!(split(0, &[pool(1)]), [0]);
    }

    #[test]
    fn who_was_told_to_go_is_not_made_up_for_elsewhere() {
        let pools = [pool(1), pool(1)];
        assert_eq!(share(4, &pools, &[]), [2, 2]);
        assert_eq!(share(3, &pools, &[1, 2]), [1, 2]);
        assert_eq!(share(4, &pools, &[1, 2]), [2, 2]);
        assert_eq!(share(3, &pools, &[0, 2]), [1, 2]);
        assert_eq!(share(2, &pools, &[0, 3]), [0, 2]);
        assert_eq!(share(2, &pools, &[3, 3]), [1, 1]);
    }

    proptest! {
        #[test]
        fn nobody_comes_where_an_annex_shrinks_and_nobody_goes_where_it_grows(
            count in 0_u32..300, pools in prop::collection::vec((1_u32..=9, 0_u32..60), 1..6)
        ) {
            let (weights, now): (Vec<InstanceGroup>, Vec<u32>) = pools.iter().map(|(weight, now)| (pool(*weight), *now)).unzip();
            let parts = share(count, &weights, &now);
            prop_assert_eq!(parts.iter().sum::<u32>(), count);
            let grows = now.iter().sum::<u32>() <= count;
            for (part, now) in parts.iter().zip(&now) {
                prop_assert!(part == now || (part > now) == grows);
            }
        }

        #[test]
        fn no_instance_is_lost_or_made_by_sharing(count in 0_u32..1_000_000, weights in prop::collection::vec(1_u32..=1000, 1..20)) {
            let pools: Vec<InstanceGroup> = weights.iter().map(|&weight| pool(weight)).collect();
            let parts = split(count, &pools);
            prop_assert_eq!(parts.iter().sum::<u32>(), count);
            let total: f64 = weights.iter().map(|&weight| f64::from(weight)).sum();
            for (part, weight) in parts.iter().zip(&weights) {
                prop_assert!((f64::from(*part) - f64::from(count) * f64::from(*weight) / total).abs() <= 1.0);
            }
        }
    }
}
