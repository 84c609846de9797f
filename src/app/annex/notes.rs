//! Notes on options that have less effect than they seem to have, and on images for GPUs.

use crate::annex::{InstanceGroup, Market, has_gpus, name_gpu_images};
use crate::diagnostics::Diagnostic;

/// Returns the note on options without effect on the local cloud.
pub(crate) fn idle_here(options: &[&str]) -> Option<String> {
    let why = "its instances are processes on this machine, all alike and without a price";
    (!options.is_empty()).then(|| format!("the local cloud does nothing with {}: {why}", options.join(", ")))
}

/// Returns the note on a maximum price that does not limit the cost; each pool has a market, and perhaps only that
/// price.
pub(crate) fn unbounded(pools: impl Iterator<Item = (Market, bool)>) -> Option<&'static str> {
    let priced: Vec<Market> = pools.filter(|(_, is_priced)| *is_priced).map(|(market, _)| market).collect();
    let all = "on demand, the list price is paid; the price named serves the estimate and --budget alone";
    if priced.contains(&Market::OnDemand) {
        Some(all)
    } else if priced.iter().any(|market| matches!(market, Market::Shared(_) | Market::Fallback)) {
        Some(
            "the instances on demand are paid at the list price, not at the price named; list-price= tells what that is",
        )
    } else if priced.contains(&Market::Mixed) {
        Some("the instance on demand is paid at the list price, not at the price named; list-price= tells what that is")
    } else {
        None
    }
}

/// Puts the images with GPU drivers in pools that ask for them; returns why there is none.
pub(crate) fn without_gpu_images(pools: &mut [InstanceGroup], os: Option<&str>) -> Vec<Diagnostic> {
    let told = name_gpu_images(pools, os).into_iter();
    told.map(|(number, why)| {
        Diagnostic::usage(format!("pool {number}: {why}"))
            .hint("another --os or type=, or your own image that has the drivers: image=ami-…")
    })
    .collect()
}

/// Returns the note on pools of GPUs whose images are not known to have drivers.
pub(crate) fn own_drivers(pools: &[InstanceGroup]) -> Option<String> {
    let is_own = |pool: &&InstanceGroup| pool.instance_types.iter().any(|name| has_gpus(name)) && !pool.has_gpu_image();
    let pool = pools.iter().find(is_own)?;
    let types = pool.instance_types.join("+");
    let image = &pool.image;
    Some(format!("{types}: HTCondor finds the GPUs if the image {image} has their drivers; image=gpu has them"))
}
