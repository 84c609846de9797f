//! Checks shared by launches and the pools of annexes: whether named resources exist.

use std::sync::Arc;

use super::findings::CheckFindings;
use super::offers::OfferChecks;
use super::resources::ResourceChecks;
use super::static_checks::check_tags;
use crate::cloud::aws::api::AwsSession;
use crate::cloud::aws::ec2::groups::SecurityGroups;
use crate::cloud::aws::ec2::prices::SpotPrices;
use crate::provider::{CloudError, LaunchRequest};

/// Checks named resources by describing calls alone.
pub(in crate::cloud) struct PoolChecks {
    resources: ResourceChecks,
    offers: OfferChecks,
}

impl PoolChecks {
    /// Creates checks with security groups from `groups` and spot prices from `prices`. Requests nothing yet.
    pub(in crate::cloud) fn new(session: Arc<AwsSession>, groups: Arc<SecurityGroups>, prices: SpotPrices) -> Self {
        let resources = ResourceChecks { session: Arc::clone(&session), groups };
        Self { resources, offers: OfferChecks { session, prices } }
    }

    /// Returns the faults in an annex's pools, one request for each pool: tags, images, key pairs, subnets, instance
    /// types, prices. Makes no dry run: users of annexes need no permission to launch.
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

    /// Checks images, key pairs, security groups and subnets.
    pub(super) async fn check_names(
        &self,
        requests: &[LaunchRequest],
        findings: &mut CheckFindings,
    ) -> Result<(), CloudError> {
        self.resources.check_images(requests, findings).await?;
        self.resources.check_keys(requests, findings).await?;
        self.resources.check_networks(requests, findings).await
    }

    /// Checks instance types, zones and prices.
    pub(super) async fn check_offers(
        &self,
        requests: &[LaunchRequest],
        findings: &mut CheckFindings,
    ) -> Result<(), CloudError> {
        self.offers.check(requests, findings).await?;
        self.offers.check_prices(requests, findings).await
    }
}
