//! Current prices of spot capacity.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::SystemTime;

use aws_sdk_ec2::primitives::DateTime;
use aws_sdk_ec2::types::InstanceType;
use jiff::Timestamp;

use super::instance;
use super::pages::all_pages;
use crate::cloud::aws::api::{ApiClass, AwsSession, Call};
use crate::provider::{CloudError, SpotPrice};

/// Product of the prices: systems with licences cost more, and plans for them are rare.
const PRODUCT: &str = "Linux/UNIX";

/// Looks up spot prices.
#[derive(Clone, Debug)]
pub(in crate::cloud) struct SpotPrices {
    session: Arc<AwsSession>,
}

impl SpotPrices {
    /// Creates a lookup for this session's region. Requests nothing yet.
    pub(in crate::cloud) fn new(session: Arc<AwsSession>) -> Self {
        Self { session }
    }

    /// Returns the latest price of each of these types in each zone; of all types if none is named.
    pub(in crate::cloud) async fn latest(&self, instance_types: &[String]) -> Result<Vec<SpotPrice>, CloudError> {
        let client = self.session.ec2().await?;
        let types: Vec<InstanceType> = instance_types.iter().map(|name| InstanceType::from(name.as_str())).collect();
        let request = client
            .describe_spot_price_history()
            .product_descriptions(PRODUCT)
            // With the present as start, EC2 returns the prices that are valid now.
            .start_time(DateTime::from(SystemTime::now()))
            .set_instance_types(Some(types).filter(|types| !types.is_empty()));
        let call = Call::ec2("DescribeSpotPriceHistory", ApiClass::Describe);
        let found = all_pages!(&self.session, call, request, spot_price_history)
            .map_err(|problem| problem.explain(&self.session.scene(), "look up spot prices"))?;
        let mut latest: BTreeMap<(String, String), SpotPrice> = BTreeMap::new();
        for told in found {
            let (Some(instance_type), Some(zone)) = (told.instance_type, told.availability_zone) else { continue };
            let price = SpotPrice {
                instance_type: instance_type.as_str().to_owned(),
                zone,
                dollars_an_hour: told.spot_price.unwrap_or_default(),
                at: told.timestamp.as_ref().and_then(instance::timestamp).unwrap_or(Timestamp::UNIX_EPOCH),
            };
            let key = (price.instance_type.clone(), price.zone.clone());
            if latest.get(&key).is_none_or(|known| known.at < price.at) {
                latest.insert(key, price);
            }
        }
        Ok(latest.into_values().collect())
    }
}
