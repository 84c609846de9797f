//! What is wrong with launches, found before anything is launched: all of it at once, each error with the services that
//! it concerns.
//!
//! First what needs no question ([`static_checks`]), then what describing calls tell ([`resources`], [`offers`]), last
//! a rehearsal of the launch itself for what only EC2 knows, permissions above all ([`dry_run`]).

mod bucket;
mod dry_run;
mod findings;
mod hardware;
mod offers;
mod resources;
mod static_checks;

use findings::CheckFindings;
use static_checks::check_tags;

use super::ec2_cloud::Ec2Cloud;
use crate::provider::{CloudError, LaunchRequest};

impl Ec2Cloud {
    /// Everything that can be found wrong without launching. The outer error is of the asking itself: wrong
    /// credentials, no such region, nobody there.
    pub(super) async fn find_faults(&self, requests: &[LaunchRequest]) -> Result<Vec<CloudError>, CloudError> {
        let mut findings = CheckFindings::default();
        for request in requests {
            self.check_paper(request, &mut findings);
            self.check_hardware_on_paper(request, &mut findings);
        }
        self.check_bucket(requests, &mut findings).await?;
        self.check_images(requests, &mut findings).await?;
        self.check_keys(requests, &mut findings).await?;
        self.check_networks(requests, &mut findings).await?;
        if !self.session.is_compatible() {
            self.check_offers(requests, &mut findings).await?;
            self.check_prices(requests, &mut findings).await?;
            self.check_hardware(requests, &mut findings).await?;
            self.rehearse(requests, &mut findings).await?;
        }
        Ok(findings.into_errors())
    }

    /// What is wrong with what an annex's pools name, one request a pool: tags, images, key pairs, subnets, instance
    /// types, prices. Nothing is rehearsed: whoever uses annexes need not be allowed to launch.
    pub(in crate::cloud) async fn find_faults_of_pools(
        &self,
        requests: &[LaunchRequest],
    ) -> Result<Vec<CloudError>, CloudError> {
        let mut findings = CheckFindings::of_pools(requests.len());
        requests.iter().for_each(|request| check_tags(request, &mut findings));
        self.check_images(requests, &mut findings).await?;
        self.check_keys(requests, &mut findings).await?;
        self.check_networks(requests, &mut findings).await?;
        self.check_offers(requests, &mut findings).await?;
        self.check_prices(requests, &mut findings).await?;
        Ok(findings.into_errors())
    }
}
