//! Options for the instances of an annex.

use clap::Args;

use crate::annex::{Dollars, GroupError, InstanceGroup, parse_lists, parse_pool};
use crate::diagnostics::Diagnostic;

/// What an annex is made of.
#[derive(Args, Debug, Clone, Default)]
pub(super) struct PoolOptions {
    /// A pool of equal instances: image=…,type=…,price=…,weight=…,disk=…,market=…,list-price=…,disk-price=…; image=gpu
    /// is AWS's newest one with GPU drivers, type may name several with +, price is the highest an hour, weight its
    /// share of the instances, disk the size of the root disk (100G), market as --market; list-price tells what one
    /// costs an hour on demand, and disk-price a GiB of disk a month, for the estimate and --budget (repeatable)
    #[arg(long = "pool", value_name = "POOL")]
    pools: Vec<String>,

    /// The images of the pools, as parallel lists: entry i of each list makes pool i
    #[arg(long, value_name = "LIST", value_delimiter = ',', conflicts_with = "pools")]
    image_ids: Vec<String>,

    /// The instance types of the pools, as a list beside --image-ids
    #[arg(long, value_name = "LIST", value_delimiter = ',', conflicts_with = "pools")]
    instance_types: Vec<String>,

    /// The highest prices of the pools an hour, as a list beside --image-ids
    #[arg(long, value_name = "LIST", value_delimiter = ',', conflicts_with = "pools")]
    spot_prices: Vec<String>,

    /// The highest price of an instance an hour, in dollars, for all pools without their own; on demand, what one is
    /// taken to cost
    #[arg(long, value_name = "PRICE", allow_negative_numbers = true)]
    max_price: Option<String>,
}

impl PoolOptions {
    /// Returns whether pools are given.
    pub(super) fn are_given(&self) -> bool {
        [&self.pools, &self.image_ids, &self.instance_types, &self.spot_prices].iter().any(|list| !list.is_empty())
    }

    /// Returns the names of the given options, for a cloud where they have no effect.
    pub(super) fn used(&self) -> Vec<&'static str> {
        let used = [
            ("--pool", !self.pools.is_empty()),
            ("--image-ids", !self.image_ids.is_empty()),
            ("--instance-types", !self.instance_types.is_empty()),
            ("--spot-prices", !self.spot_prices.is_empty()),
            ("--max-price", self.max_price.is_some()),
        ];
        used.into_iter().filter(|(_, used)| *used).map(|(option, _)| option).collect()
    }

    /// Returns the maximum price for all pools, if given.
    pub(super) fn max_price(&self) -> Result<Option<Dollars>, Diagnostic> {
        let wrong = |message: String| Diagnostic::usage(format!("--max-price: {message}"));
        let price = self
            .max_price
            .as_deref()
            .map(str::parse::<Dollars>)
            .transpose()
            .map_err(|error| wrong(error.to_string()))?;
        match price {
            Some(price) if price == Dollars::default() => Err(wrong("a price of 0 gets nothing".to_owned())),
            price => Ok(price),
        }
    }

    /// Returns the pools; errors in them go to `diagnostics`.
    pub(super) fn pools(&self, diagnostics: &mut Vec<Diagnostic>) -> Vec<InstanceGroup> {
        let mut pools = Vec::new();
        let mut add = |option: &str, read: Result<Vec<InstanceGroup>, GroupError>| match read {
            Ok(read) => pools.extend(read),
            Err(error) => diagnostics.push(Diagnostic::usage(format!("{option}{error}"))),
        };
        for text in &self.pools {
            add("--pool: ", parse_pool(text).map(|pool| vec![pool]));
        }
        if self.pools.is_empty() && self.are_given() {
            add("", parse_lists(&self.image_ids, &self.instance_types, &self.spot_prices));
        }
        match self.max_price() {
            Ok(Some(price)) => pools.iter_mut().for_each(|pool| {
                pool.max_price.get_or_insert(price);
            }),
            Ok(None) => {}
            Err(diagnostic) => diagnostics.push(diagnostic),
        }
        pools
    }
}
