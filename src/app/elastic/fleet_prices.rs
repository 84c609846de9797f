//! Prices of the kinds of a fleet, by which its budget is kept.

use std::collections::BTreeSet;

use super::fleet_kinds::{OpenKind, keys};
use super::fleet_lines::FleetLines;
use crate::diagnostics::Diagnostic;
use crate::elastic::engine::Money;
use crate::elastic::fleet::{FleetFile, MachineKind};
use crate::plan::Market;
use crate::provider::Cloud;

/// Gives the kinds of spot capacity that the file has no price of the dearest current price of their type, at most
/// their `max_price`. The prices of other capacity are not told by clouds. Returns why they cannot be asked, if so.
pub(super) async fn ask_prices(cloud: &dyn Cloud, fleet: &FleetFile, kinds: &mut [OpenKind]) -> Option<String> {
    let types_of = |kind: &OpenKind| {
        let offers = kind.machine.offers.iter().filter(|offer| offer.spot && kind.price.is_none());
        offers.filter_map(|offer| offer.instance_type.clone()).collect::<BTreeSet<String>>()
    };
    let types: Vec<String> = kinds.iter().flat_map(types_of).collect::<BTreeSet<_>>().into_iter().collect();
    let (prices, remark) = match types.is_empty() {
        true => (Vec::new(), None),
        false => match cloud.spot_prices(&types).await {
            Ok(prices) => (prices, None),
            Err(error) => (Vec::new(), Some(format!("spot prices could not be asked for: {}", error.message))),
        },
    };
    for kind in kinds.iter_mut().filter(|kind| kind.price.is_none()) {
        let Some((_, described)) = fleet.kinds().find(|(name, _)| *name == kind.name) else { continue };
        let wanted = types_of(kind);
        let of_type = prices.iter().filter(|price| wanted.contains(&price.instance_type));
        let dearest = of_type.filter_map(|price| price.dollars_an_hour.parse::<Money>().ok()).max();
        let price = match (dearest, described.max_price) {
            (Some(dearest), Some(most)) => Some(dearest.min(most)),
            (dearest, most) => dearest.or(most),
        };
        kind.price = price;
    }
    remark
}

/// Returns the problem of each kind whose price is not known, if the fleet has a budget: nothing of it could be
/// launched. `kinds` are opened and priced; `remark` tells why prices could not be asked for.
pub(super) fn unpriced(
    fleet: &FleetFile,
    kinds: &[OpenKind],
    remark: Option<&String>,
    lines: &FleetLines<'_>,
) -> Vec<Diagnostic> {
    let names = kinds.iter().filter(|kind| kind.price.is_none()).map(|kind| kind.name.as_str());
    problems(fleet, names, lines).into_iter().map(|problem| problem.hints(remark.cloned())).collect()
}

/// Returns the problem of each kind whose price no cloud would tell, if the fleet has a budget.
pub(crate) fn never_priced(fleet: &FleetFile, lines: &FleetLines<'_>) -> Vec<Diagnostic> {
    let may_be_asked = |kind: &MachineKind| {
        kind.market == Some(Market::Spot) && (kind.instance_type.is_some() || kind.max_price.is_some())
    };
    let names = fleet.kinds().filter(|(_, kind)| kind.price.is_none() && !may_be_asked(kind)).map(|(name, _)| name);
    problems(fleet, names, lines)
}

fn problems<'a>(fleet: &FleetFile, names: impl Iterator<Item = &'a str>, lines: &FleetLines<'_>) -> Vec<Diagnostic> {
    let limits = &fleet.limits;
    let Some(budget) = (limits.budget.map(|_| "budget")).or(limits.budget_per_hour.map(|_| "budget_per_hour")) else {
        return Vec::new();
    };
    let problem = |name: &str| {
        let keys = keys(name, "");
        let section = keys.iter().filter(|key| !key.is_empty()).copied().collect::<Vec<_>>().join(".");
        let why = format!("[limits] has a \"{budget}\", and the price of [{section}] is not known");
        let hint = "price = DOLLARS for an hour; clouds tell the prices of spot capacity alone";
        Diagnostic::error(why).at(lines.place(&keys)).hint(hint).printable()
    };
    names.map(problem).collect()
}
