//! All checks of launches, the cheapest first.

use std::sync::Arc;

use super::bucket::BucketCheck;
use super::dry_run::DryRun;
use super::findings::CheckFindings;
use super::hardware::HardwareChecks;
use super::pool_checks::PoolChecks;
use super::static_checks::StaticChecks;
use crate::cloud::aws::api::AwsSession;
use crate::cloud::aws::ec2::groups::SecurityGroups;
use crate::cloud::aws::ec2::launch_user_data::LaunchUserData;
use crate::cloud::aws::ec2::prices::SpotPrices;
use crate::cloud::aws::ec2::root_disk_lookup::RootDisks;
use crate::provider::{CloudError, LaunchRequest};

/// Finds faults in launches before they are made.
pub(in crate::cloud::aws::ec2) struct LaunchChecks {
    session: Arc<AwsSession>,
    paper: StaticChecks,
    bucket: BucketCheck,
    named: PoolChecks,
    hardware: HardwareChecks,
    dry_run: DryRun,
}

impl LaunchChecks {
    /// Creates the checks, which use the same components as launches, so that both get the same answers. Requests
    /// nothing yet.
    pub(in crate::cloud::aws::ec2) fn new(
        session: Arc<AwsSession>,
        groups: Arc<SecurityGroups>,
        disks: Arc<RootDisks>,
        user_data: Arc<LaunchUserData>,
        prices: SpotPrices,
    ) -> Self {
        let asked = || Arc::clone(&session);
        Self {
            paper: StaticChecks { session: asked(), user_data: Arc::clone(&user_data) },
            bucket: BucketCheck { user_data },
            named: PoolChecks::new(asked(), Arc::clone(&groups), prices),
            hardware: HardwareChecks { session: asked(), disks: Arc::clone(&disks) },
            dry_run: DryRun { session: asked(), groups, disks },
            session,
        }
    }

    /// Returns all faults that can be found without launching. The outer error is about the requests themselves: wrong
    /// credentials, unknown region, no answer.
    pub(in crate::cloud::aws::ec2) async fn find_faults(
        &self,
        requests: &[LaunchRequest],
    ) -> Result<Vec<CloudError>, CloudError> {
        let mut findings = CheckFindings::default();
        for request in requests {
            self.paper.check(request, &mut findings);
            self.hardware.check_on_paper(request, &mut findings);
        }
        self.bucket.check(requests, &mut findings).await?;
        self.named.check_names(requests, &mut findings).await?;
        if !self.session.is_compatible() {
            self.named.check_offers(requests, &mut findings).await?;
            self.hardware.check(requests, &mut findings).await?;
            self.dry_run.rehearse(requests, &mut findings).await?;
        }
        Ok(findings.into_errors())
    }
}
