//! Notes on options that have less effect than they seem to have.

use crate::annex::Market;

/// Returns the note on options without effect on the local cloud.
pub(crate) fn idle_here(options: &[&str]) -> Option<String> {
    let why = "its instances are processes on this machine, all alike and without a price";
    (!options.is_empty()).then(|| format!("the local cloud does nothing with {}: {why}", options.join(", ")))
}

/// Returns the note on a maximum price that does not limit the cost.
pub(crate) fn unbounded(market: Market, is_priced: bool) -> Option<&'static str> {
    match market {
        Market::OnDemand if is_priced => {
            Some("on demand, the list price is paid; the price named serves the estimate and --budget alone")
        }
        Market::Mixed if is_priced => Some("the instance on demand is paid at the list price, not at the price named"),
        _ => None,
    }
}
