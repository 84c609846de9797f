//! An annex to be created or changed, shown for the user's consent.

use jiff::Timestamp;

use crate::annex::{AnnexSpec, Cost, Estimate, InstanceGroup, Market, split};
use crate::report::time::{age, lease, local};
use crate::report::{Cell, Style, count, printable, table};

/// An annex to be created or changed.
pub struct AnnexOffer<'a> {
    /// Specification of the annex.
    pub spec: &'a AnnexSpec,
    /// Label of the cloud, such as `ec2 us-east-1`.
    pub place: &'a str,
    /// Estimated cost.
    pub estimate: Estimate,
    /// Assumed beginning of the annex.
    pub now: Timestamp,
}

impl AnnexOffer<'_> {
    /// Formats the offer for people, as a short table.
    pub fn human(&self, style: Style) -> String {
        let spec = self.spec;
        let mut rows = vec![
            ("instances", self.instances()),
            ("where", self.place()),
            ("lease", format!("until {}, {} from now", local(spec.expires_at), lease(age(self.now, spec.expires_at)))),
            ("cost", self.cost()),
        ];
        match spec.joining() {
            Some(joining) => {
                let owners = if joining.owners.is_empty() { "everybody".to_owned() } else { joining.owners.join(", ") };
                let by = if joining.public_address { "public" } else { "private" };
                let pool = format!("{} at {}, by their {by} addresses", joining.pool_name, joining.central_manager);
                rows.push(("pool", pool));
                rows.push(("jobs of", owners));
            }
            None => rows.push(("pool", "none: they run the user data and nothing else".to_owned())),
        }
        let idle = spec.idle_seconds.filter(|_| spec.joining().is_some());
        if let Some(seconds) = idle {
            let length = lease(std::time::Duration::from_secs(u64::from(seconds)));
            rows.push(("idle", format!("an instance without a job for {length} ends by itself")));
        }
        let cells: Vec<Vec<Cell>> = rows
            .into_iter()
            .map(|(what, text)| vec![Cell::painted(what, style.dim(what)), printable(&text).into()])
            .collect();
        format!("annex {}\n{}", style.bold(&spec.name), table(2, &cells))
    }

    fn instances(&self) -> String {
        let spec = self.spec;
        let parts = split(spec.count, &spec.pools);
        let market = match spec.market {
            Market::Spot => "spot",
            Market::OnDemand => "on demand",
            Market::Mixed => "one on demand, the rest spot",
        };
        let pools: Vec<String> = spec
            .pools
            .iter()
            .zip(parts)
            .map(|(pool, part)| match pool.image.as_str() {
                _ if pool.is_local() => "processes on this machine".to_owned(),
                image => {
                    // On-demand instances have no price limit; the price only serves the estimate.
                    let is = if spec.market == Market::OnDemand { "taken to be" } else { "at most" };
                    let price = pool.max_price.map(|price| format!(", {is} ${price} an hour")).unwrap_or_default();
                    format!("{part} × {} from {image}{price}", pool.instance_types.join(" or "))
                }
            })
            .collect();
        let market = if spec.pools.iter().all(InstanceGroup::is_local) { "" } else { market };
        let comma = if market.is_empty() { "" } else { ", " };
        format!("{}{comma}{market}: {}", spec.count, pools.join("; "))
    }

    fn place(&self) -> String {
        let spec = self.spec;
        let mut words = vec![self.place.to_owned()];
        words.extend(spec.vpc.iter().map(|vpc| format!("network {vpc}")));
        if !spec.subnets.is_empty() {
            let noun = if spec.subnets.len() == 1 { "subnet" } else { "subnets" };
            words.push(format!("{noun} {}", spec.subnets.join(", ")));
        }
        words.extend(spec.key_name.iter().map(|key| format!("key {key}")));
        words.join(", ")
    }

    fn cost(&self) -> String {
        let words = |cost: Cost| format!("${} an hour, ${} in all", cost.per_hour, cost.in_all.rounded());
        match (self.estimate.now, self.estimate.at_most) {
            (Some(now), _) if now.per_hour == crate::annex::Dollars::default() => "nothing".to_owned(),
            (Some(now), Some(most)) if now == most => format!("about {}, by the prices of now", words(now)),
            (Some(now), Some(most)) => format!("about {} by the prices of now; at most {}", words(now), words(most)),
            (None, Some(most)) => format!("at most {}", words(most)),
            (Some(now), None) => format!("about {}, by the prices of now", words(now)),
            (None, None) => "not known: the cloud tells no price, and none is granted (price=, --max-price)".to_owned(),
        }
    }
}

/// Describes a cost above the budget, as a sentence.
pub fn over_budget(spec: &AnnexSpec, cost: Cost, budget: crate::annex::Dollars, now: Timestamp) -> String {
    format!(
        "{} for {} would cost ${} (${} an hour), and the budget is ${budget}",
        count(spec.count, "instance"),
        lease(age(now, spec.expires_at)),
        cost.in_all,
        cost.per_hour
    )
}
