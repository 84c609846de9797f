//! An annex to be created or changed, shown for the user's consent.

use jiff::Timestamp;

use crate::annex::{AnnexSpec, Cost, Dollars, Estimate, Market, split};
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
        let mut rows = vec![("instances", self.instances()), ("where", self.place()), ("lease", self.lease())];
        rows.extend(["cost", "", ""].into_iter().zip(self.cost()));
        match spec.joining() {
            Some(joining) => {
                let owners = if joining.owners.is_empty() { "everybody".to_owned() } else { joining.owners.join(", ") };
                let by = if joining.public_address { "public" } else { "private" };
                let pool = format!("{} at {}, by their {by} addresses", joining.pool_name, joining.central_manager);
                rows.push(("pool", pool));
                rows.push(("jobs of", owners));
                let containers = [("Docker", joining.docker), ("Apptainer", joining.apptainer)];
                let containers: Vec<&str> =
                    containers.into_iter().filter(|(_, has)| *has).map(|(name, _)| name).collect();
                if !containers.is_empty() {
                    rows.push(("containers", containers.join(" and ")));
                }
            }
            None if spec.pilot().is_some() => {
                rows.push(("pool", "that of the pilot, which the user data brings".to_owned()))
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

    fn lease(&self) -> String {
        let end = self.spec.expires_at;
        let renewed = if self.spec.runs_out { "; nothing renews it, and jobs begin until then" } else { "" };
        format!("until {}, {} from now{renewed}", local(end), lease(age(self.now, end)))
    }

    fn instances(&self) -> String {
        let spec = self.spec;
        let parts = split(spec.count, &spec.pools);
        let market = market_words(spec.market);
        let pools: Vec<String> = spec
            .pools
            .iter()
            .enumerate()
            .zip(parts)
            .map(|((place, pool), part)| match pool.image.as_str() {
                _ if pool.is_local() => "processes on this machine".to_owned(),
                image => {
                    // On-demand instances have no price limit; the price only serves the estimate.
                    let is = if spec.market_of(place) == Market::OnDemand { "taken to be" } else { "at most" };
                    let price = pool.max_price.map(|price| format!(", {is} ${price} an hour")).unwrap_or_default();
                    let list = pool.list_price.map(|price| format!(", on demand taken to be ${price} an hour"));
                    let price = format!("{price}{}", list.unwrap_or_default());
                    let disk = pool.disk.map(|size| format!(", {size} GiB of disk")).unwrap_or_default();
                    let own = pool.market.map(|market| format!(", {}", market_words(market))).unwrap_or_default();
                    format!("{part} × {} from {image}{price}{disk}{own}", pool.instance_types.join(" or "))
                }
            })
            .collect();
        // Each pool tells its own.
        let is_told = spec.pools.iter().all(|pool| pool.is_local() || pool.market.is_some());
        let market = if is_told { String::new() } else { market };
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
        if !spec.security_groups.is_empty() {
            let noun = if spec.security_groups.len() == 1 { "security group" } else { "security groups" };
            words.push(format!("{noun} {}", spec.security_groups.join(", ")));
        }
        words.extend(spec.key_name.iter().map(|key| format!("key {key}")));
        words.join(", ")
    }

    /// Returns what it costs, a line each: at present, at most, and what is not counted.
    fn cost(&self) -> Vec<String> {
        let words = |cost: Cost| format!("${} an hour, ${} in all", cost.per_hour, cost.in_all.rounded());
        let Estimate { now, at_most, counts_disks } = self.estimate;
        let is_free = now.is_some_and(|now| now.per_hour == Dollars::default());
        let about = now.map(|now| match is_free {
            true => "nothing".to_owned(),
            false => format!("about {}, by the prices of now", words(now)),
        });
        let most = at_most.filter(|most| !is_free && now != Some(*most)).map(|most| format!("at most {}", words(most)));
        let mut lines: Vec<String> = about.into_iter().chain(most).collect();
        if lines.is_empty() {
            return vec![format!("not known: {}", unknown_price(self.spec))];
        }
        if !counts_disks {
            lines.push(DISKS_UNKNOWN.to_owned());
        }
        lines
    }
}

/// What is not in a cost.
const DISKS_UNKNOWN: &str = "disks are not counted: their size (disk=) or their price (disk-price=) is not known";

/// Tells why the cost of the instances is not known, and what would help.
pub fn unknown_price(spec: &AnnexSpec) -> &'static str {
    let lacks_list_price = |index: usize| {
        let buys_both = !matches!(spec.market_of(index), Market::OnDemand | Market::Spot);
        buys_both && spec.list_price(index).is_none()
    };
    match (0..spec.pools.len()).any(lacks_list_price) {
        true => "the cloud tells no price of instances on demand, and none is named (list-price= in --pool)",
        false => "the cloud tells no price, and none is granted (price= in --pool, --max-price)",
    }
}

/// Describes how instances are bought.
fn market_words(market: Market) -> String {
    match market {
        Market::Spot => "spot".to_owned(),
        Market::OnDemand => "on demand".to_owned(),
        Market::Mixed => "one on demand, the rest spot".to_owned(),
        Market::Fallback => "spot, on demand what spot lacks while hoist watches".to_owned(),
        Market::Shared(percent) => format!("{percent} of a hundred on demand, the rest spot"),
    }
}

/// Describes a cost above the budget, as a sentence.
pub fn over_budget(spec: &AnnexSpec, cost: Cost, budget: Dollars, now: Timestamp) -> String {
    format!(
        "{} for {} would cost ${} (${} an hour), and the budget is ${budget}",
        count(spec.count, "instance"),
        lease(age(now, spec.expires_at)),
        cost.in_all,
        cost.per_hour
    )
}
