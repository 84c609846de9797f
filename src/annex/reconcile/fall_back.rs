//! Buys on demand what spot has no capacity for.

use super::super::cloud::{ObservedAnnex, ObservedState};
use super::super::state::{Annex, AnnexPhase};
use super::{AnnexError, Progress, Reconciler, WaitFor};

impl Reconciler<'_> {
    /// Moves the instances that spot lacks to on demand, in pools that are to, and returns whether it moved any. They
    /// stay there: when spot has capacity again, nothing is moved back, since that would end running instances.
    ///
    /// # Errors
    /// Those of [`Reconciler::apply`].
    pub async fn fall_back(&self, record: &mut Annex, seen: &ObservedAnnex) -> Result<bool, AnnexError> {
        let Some(mut spec) = record.spec.clone() else { return Ok(false) };
        let is_at_rest = record.stage == AnnexPhase::Settled && seen.state == ObservedState::Settled;
        if !is_at_rest || !spec.falls_back() {
            return Ok(false);
        }
        let shortages = self.insist(record, || self.cloud.spot_shortages(&record.id, &spec)).await?;
        if shortages.is_empty() {
            return Ok(false);
        }
        let before = spec.pools.clone();
        let instances = self.insist(record, || self.cloud.instances(&record.id)).await?;
        for shortage in &shortages {
            let of_pool = instances.iter().filter(|instance| instance.pool == shortage.pool && !instance.astray);
            let on_demand = of_pool.filter(|instance| !instance.spot && !instance.state.is_gone()).count();
            let base = u32::try_from(on_demand).unwrap_or(u32::MAX).saturating_add(shortage.missing);
            let Some(pool) = spec.pools.get_mut(shortage.pool) else { continue };
            // What was moved before may not have been launched yet.
            pool.fallen_back = pool.fallen_back.max(base);
        }
        if spec.pools == before {
            return Ok(false);
        }
        for shortage in shortages {
            let price = spec.list_price(shortage.pool);
            (self.tell)(&Progress::FellBack { shortage, price });
        }
        // Those that have left by themselves are not brought back.
        spec.count = seen.wanted;
        self.apply(record, &spec, WaitFor::Settled).await?;
        Ok(true)
    }
}
