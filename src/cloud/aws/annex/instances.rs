//! Lists the instances of an annex.

use std::collections::BTreeSet;

use aws_sdk_ec2::types::{Instance, InstanceLifecycleType};
use jiff::Timestamp;

use super::spot_prices::spot_prices;
use crate::annex::{AnnexId, AnnexInstance, TAG_ANNEX};
use crate::cloud::aws::ec2::describe::{Describer, filter};
use crate::cloud::aws::ec2::prices::SpotPrices;
use crate::cloud::aws::ec2::{instance, tags};
use crate::provider::CloudError;

/// Tag that Auto Scaling gives to its instances: the group's name.
const TAG_GROUP: &str = "aws:autoscaling:groupName";

/// Lists the instances of annexes.
#[derive(Clone)]
pub(super) struct AnnexInstances {
    describer: Describer,
    prices: SpotPrices,
}

impl AnnexInstances {
    /// Creates a list read through `describer`, with spot prices from `prices`.
    pub(super) fn new(describer: Describer, prices: SpotPrices) -> Self {
        Self { describer, prices }
    }

    /// Returns all instances with the annex's tag; spot instances with their current price.
    pub(super) async fn list(&self, id: &AnnexId) -> Result<Vec<AnnexInstance>, CloudError> {
        let shown = self.describer.filtered(&[filter(&format!("tag:{TAG_ANNEX}"), [id.tag()])]).await?;
        let mut instances: Vec<AnnexInstance> = shown.into_iter().filter_map(|shown| read(shown, id)).collect();
        let spare: BTreeSet<String> = instances
            .iter()
            .filter(|instance| instance.spot && !instance.state.is_gone())
            .filter_map(|instance| instance.instance_type.clone())
            .collect();
        if !spare.is_empty() {
            let prices = spot_prices(&self.prices, &spare).await?;
            for instance in instances.iter_mut().filter(|instance| instance.spot) {
                let place = instance.instance_type.clone().zip(instance.zone.clone());
                instance.price = place.and_then(|place| prices.get(&place).copied());
            }
        }
        instances.sort_by(|one, other| (one.launched_at, &one.id).cmp(&(other.launched_at, &other.id)));
        Ok(instances)
    }
}

/// Converts an instance of the annex from EC2's description; `None` without an id.
pub(super) fn read(shown: Instance, id: &AnnexId) -> Option<AnnexInstance> {
    let tags = tags::read(shown.tags);
    // Auto Scaling takes its tag from an instance that is detached.
    let pool = tags.get(TAG_GROUP).and_then(|group| pool_of(group, id));
    let some = |text: Option<String>| text.filter(|text| !text.is_empty());
    let state = shown.state.as_ref().and_then(|state| state.name.as_ref());
    Some(AnnexInstance {
        id: shown.instance_id?,
        state: instance::state_of(state),
        pool: pool.unwrap_or_default(),
        instance_type: shown.instance_type.map(|name| name.as_str().to_owned()),
        zone: shown.placement.and_then(|placement| placement.availability_zone),
        spot: shown.instance_lifecycle == Some(InstanceLifecycleType::Spot),
        price: None,
        private_address: some(shown.private_ip_address),
        address: some(shown.public_ip_address),
        launched_at: shown.launch_time.as_ref().and_then(instance::timestamp).unwrap_or_else(Timestamp::now),
        astray: pool.is_none(),
    })
}

/// Returns the pool of a group, by the group's name.
fn pool_of(group: &str, id: &AnnexId) -> Option<usize> {
    group.strip_prefix(&id.name.stack())?.strip_prefix('-')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cloud::aws::annex::group_of;

    #[test]
    fn a_group_tells_its_pool() {
        let id = |name: &str| AnnexId { name: name.parse().unwrap(), nonce: "0123456789ab".to_owned() };
        assert_eq!(pool_of(&group_of(&id("foo"), 12), &id("foo")), Some(12));
        assert_eq!(pool_of(&group_of(&id("foobar"), 1), &id("foo")), None);
    }
}
