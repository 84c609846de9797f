//! Checks that an annex is within the account's quotas.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use aws_sdk_ec2::types::Instance;

use super::instances::read;
use super::quota_check::QuotaCheck;
use super::quota_headroom::{QuotaHeadroom, Rooms};
use super::scaling_groups::ScalingGroups;
use crate::annex::{AnnexId, AnnexInstance, AnnexSpec, TAG_ANNEX};
use crate::cloud::aws::api::AwsSession;
use crate::cloud::aws::ec2::quota::{Quota, of_type};
use crate::cloud::aws::ec2::tags;
use crate::cloud::aws::ec2::vcpus::VcpuQuotas;
use crate::provider::CloudError;

/// Compares annexes with quotas.
pub(super) struct QuotaLookup {
    pub(super) session: Arc<AwsSession>,
    pub(super) quotas: VcpuQuotas,
    pub(super) groups: ScalingGroups,
}

impl QuotaLookup {
    /// Returns the quotas without room for the annex's added instances; `exists`: the annex already has resources.
    /// Unknown quotas are ignored.
    pub(super) async fn find_faults(
        &self,
        id: &AnnexId,
        spec: &AnnexSpec,
        exists: bool,
    ) -> Result<Vec<CloudError>, CloudError> {
        let allowed = self.quotas.allowed(&bounds(spec)).await?;
        if allowed.is_empty() {
            return Ok(Vec::new());
        }
        let instances = self.quotas.counted_instances().await?;
        let bounded = instances.iter().filter_map(|instance| {
            let name = instance.instance_type.as_ref()?.as_str().to_owned();
            let spot = instance.instance_lifecycle.is_some();
            of_type(&name, spot).filter(|quota| allowed.contains_key(quota)).map(|quota| (quota, name))
        });
        let bounded: Vec<(Quota, String)> = bounded.collect();
        let wanted = spec.pools.iter().flat_map(|pool| &pool.instance_types);
        let types = bounded.iter().map(|(_, name)| name).chain(wanted).cloned().collect();
        let Some(vcpus) = self.quotas.vcpus(&types).await? else { return Ok(Vec::new()) };
        let mut rooms: Rooms =
            allowed.into_iter().map(|(quota, allowed)| (quota, QuotaHeadroom { allowed, used: 0 })).collect();
        for (quota, name) in bounded {
            if let Some(room) = rooms.get_mut(&quota) {
                room.used += vcpus.get(&name).copied().map_or(0, u64::from);
            }
        }
        let mut growth = QuotaCheck { spec, sizes: Vec::new(), running: BTreeMap::new(), vcpus };
        if exists {
            growth.sizes = self.groups.sizes(id, spec).await?;
            let own = |instance: &Instance| tags::read(instance.tags.clone()).get(TAG_ANNEX) == Some(&id.tag());
            let own = instances.into_iter().filter(own).filter_map(|instance| read(instance, id));
            own.for_each(|AnnexInstance { pool, spot, .. }| *growth.running.entry((pool, spot)).or_default() += 1);
        }
        Ok(growth.find_faults(&rooms, self.session.region().await?))
    }
}

/// Returns the quotas that may bound an annex.
fn bounds(spec: &AnnexSpec) -> BTreeSet<Quota> {
    let mut bounds = BTreeSet::new();
    for (place, pool) in spec.pools.iter().enumerate() {
        for spot in [false, true].into_iter().filter(|&spot| buys(spec, place, spot)) {
            bounds.extend(pool.instance_types.iter().filter_map(|name| of_type(name, spot)));
        }
    }
    bounds
}

/// Returns whether a pool may buy spot or on-demand capacity.
fn buys(spec: &AnnexSpec, place: usize, spot: bool) -> bool {
    if spot { spec.market_of(place).buys_spot() } else { spec.on_demand(place, 1) > 0 }
}
