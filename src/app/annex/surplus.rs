//! Surplus instances of an annex.

use super::drain::{cannot, without};
use super::failure::gone;
use super::locked_annex::{LockedAnnex, pool_of};
use super::observe::observe;
use crate::annex::{AnnexSpec, DrainChoice, pick_to_drain, share, split};
use crate::app::CommandError;

/// Returns the instances above the wanted number of each pool, those that drain already included.
pub(super) async fn surplus(
    held: &LockedAnnex,
    before: &AnnexSpec,
    spec: &AnnexSpec,
) -> Result<Vec<String>, CommandError> {
    let record = &held.record;
    let pool = pool_of(record);
    let observed = observe(&*held.tools.cloud, record, pool.as_ref()).await?;
    let mut status = observed.status.ok_or_else(|| gone(record))?;
    status.rows.retain(|row| row.instance.state.is_up());
    let pools = status.rows.iter().map(|row| row.instance.pool + 1).max().unwrap_or(0);
    let weights = |spec: &AnnexSpec| spec.pools.iter().map(|pool| pool.weight).collect::<Vec<_>>();
    let parts = if weights(spec) == weights(before) {
        let of_pool = |pool| status.rows.iter().filter(|row| row.instance.pool == pool).count();
        let now: Vec<u32> = (0..pools).map(|pool| u32::try_from(of_pool(pool)).unwrap_or(u32::MAX)).collect();
        share(spec.count, &spec.pools, &now)
    } else {
        split(spec.count, &spec.pools)
    };
    let mut surplus: Vec<String> = record.draining.iter().chain(&record.releasing).cloned().collect();
    for index in 0..pools {
        let mut of_pool = status.clone();
        of_pool.rows.retain(|row| row.instance.pool == index);
        let there_are = of_pool.rows.len();
        without(&mut of_pool, &surplus);
        let going = there_are - of_pool.rows.len();
        let wanted = parts.get(index).map_or(0, |part| *part as usize);
        let more = there_are.saturating_sub(wanted).saturating_sub(going);
        if more > 0
            && let Some(error) = observed.pool_error
        {
            // Only the pool knows which instances have jobs.
            return Err(error.into());
        }
        surplus.extend(pick_to_drain(&of_pool, &DrainChoice::Count(more)).map_err(cannot)?);
    }
    surplus.sort();
    surplus.dedup();
    Ok(surplus)
}
