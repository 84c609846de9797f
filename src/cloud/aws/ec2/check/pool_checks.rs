//! The checks that launches and the pools of annexes share: whether the things exist that they name.

use std::sync::Arc;

use super::findings::CheckFindings;
use super::offers::OfferChecks;
use super::resources::ResourceChecks;
use super::static_checks::check_tags;
use crate::cloud::aws::api::AwsSession;
use crate::cloud::aws::ec2::groups::SecurityGroups;
use crate::cloud::aws::ec2::prices::SpotPrices;
use crate::provider::{CloudError, LaunchRequest};

/// Checks what is named, by describing calls alone.
pub(in crate::cloud) struct PoolChecks {
    resources: ResourceChecks,
    offers: OfferChecks,
}

impl PoolChecks {
    /// Looks up groups through `groups`, and what spot capacity costs through `prices`. Asks nothing yet.
    pub(in crate::cloud) fn new(session: Arc<AwsSession>, groups: Arc<SecurityGroups>, prices: SpotPrices) -> Self {
        let resources = ResourceChecks { session: Arc::clone(&session), groups };
        Self { resources, offers: OfferChecks { session, prices } }
    }

    /// What is wrong with what an annex's pools name, one request a pool: tags, images, key pairs, subnets, instance
    /// types, prices. Nothing is rehearsed: whoever uses annexes need not be allowed to launch.
    pub(in crate::cloud) async fn find_faults(
        &self,
        requests: &[LaunchRequest],
    ) -> Result<Vec<CloudError>, CloudError> {
        let mut findings = CheckFindings::of_pools(requests.len());
        requests.iter().for_each(|request| check_tags(request, &mut findings));
        self.check_names(requests, &mut findings).await?;
        self.check_offers(requests, &mut findings).await?;
        Ok(findings.into_errors())
    }

    /// Images, key pairs, security groups and subnets.
    pub(super) async fn check_names(
        &self,
        requests: &[LaunchRequest],
        findings: &mut CheckFindings,
    ) -> Result<(), CloudError> {
        self.resources.check_images(requests, findings).await?;
        self.resources.check_keys(requests, findings).await?;
        self.resources.check_networks(requests, findings).await
    }

    /// Instance types, zones and prices.
    pub(super) async fn check_offers(
        &self,
        requests: &[LaunchRequest],
        findings: &mut CheckFindings,
    ) -> Result<(), CloudError> {
        self.offers.check(requests, findings).await?;
        self.offers.check_prices(requests, findings).await
    }
}
