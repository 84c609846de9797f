//! What the disks of the instances of an annex cost.

use std::sync::Arc;

use super::images::{PoolImage, PoolImages};
use crate::annex::{AnnexSpec, Dollars, InstanceGroup};
use crate::cloud::aws::api::AwsSession;
use crate::provider::CloudError;

/// Dollars that a GB of gp3 costs a month (Amazon EBS pricing, "General Purpose SSD (gp3) - Storage"), in the regions
/// where that is known. EC2 itself tells no price of disks.
const GP3: [(&str, &str); 14] = [
    ("us-east-1", "0.08"),
    ("us-east-2", "0.08"),
    ("us-west-1", "0.096"),
    ("us-west-2", "0.08"),
    ("ca-central-1", "0.088"),
    ("eu-central-1", "0.0952"),
    ("eu-north-1", "0.0836"),
    ("eu-west-1", "0.088"),
    ("eu-west-2", "0.0928"),
    ("eu-west-3", "0.0928"),
    ("ap-northeast-1", "0.096"),
    ("ap-southeast-1", "0.096"),
    ("ap-southeast-2", "0.096"),
    ("sa-east-1", "0.152"),
];

/// Prices the disks of annexes.
#[derive(Clone)]
pub(super) struct DiskPrices {
    pub(super) session: Arc<AwsSession>,
    pub(super) images: PoolImages,
}

impl DiskPrices {
    /// Returns what the disk of an instance of each pool costs an hour; `None` where its size shows only at a launch,
    /// or where neither the pool names a price nor one is known of the region.
    pub(super) async fn of_pools(&self, spec: &AnnexSpec) -> Result<Vec<Option<Dollars>>, CloudError> {
        let region = self.session.region().await?;
        let needs_image = spec.pools.iter().any(|pool| pool.disk.is_none());
        let images = if needs_image { self.images.of_pools(spec).await? } else { vec![None; spec.pools.len()] };
        let price = |(pool, image): (&InstanceGroup, Option<PoolImage>)| {
            let size = pool.disk.or(image.and_then(|image| image.root_size))?;
            pool.disk_price.or_else(|| gp3(region))?.hourly_of_month(size.into())
        };
        Ok(spec.pools.iter().zip(images).map(price).collect())
    }
}

fn gp3(region: &str) -> Option<Dollars> {
    GP3.iter().find(|(known, _)| *known == region).and_then(|(_, price)| price.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_known_price_is_one() {
        for (region, price) in GP3 {
            assert_eq!(gp3(region).map(|price| price.to_string().parse::<Dollars>()), Some(price.parse()), "{region}");
        }
        assert_eq!(gp3("mars-north-1"), None);
    }
}
