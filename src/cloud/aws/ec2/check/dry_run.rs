//! Does dry runs of launches: EC2 answers whether it would carry them out.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::findings::CheckFindings;
use crate::cloud::aws::api::{ApiClass, AwsSession, Call, ErrorClass};
use crate::cloud::aws::ec2::groups::SecurityGroups;
use crate::cloud::aws::ec2::hardware::Hardware;
use crate::cloud::aws::ec2::launch_spec::{Ec2LaunchSpec, InstanceProfileRef};
use crate::cloud::aws::ec2::root_disk_lookup::RootDisks;
use crate::cloud::aws::ec2::run_instances::{metadata_options, with_all};
use crate::cloud::aws::ec2::ssm_alias::BY_PARAMETER;
use crate::cloud::aws::ec2::tags;
use crate::provider::{CloudError, CloudErrorKind, InstanceSpec, LaunchRequest};

/// Number of dry runs: each takes one of the five calls that may be made at once, and the launches differ little at
/// this stage.
const REHEARSED: usize = 3;

/// Does dry runs of launches.
pub(super) struct DryRun {
    pub(super) session: Arc<AwsSession>,
    pub(super) groups: Arc<SecurityGroups>,
    pub(super) disks: Arc<RootDisks>,
}

impl DryRun {
    /// Does dry runs of the launches that differ most, among those without findings so far.
    pub(super) async fn rehearse(
        &self,
        requests: &[LaunchRequest],
        findings: &mut CheckFindings,
    ) -> Result<(), CloudError> {
        let mut seen = BTreeSet::new();
        let differ = |request: &&LaunchRequest| {
            let InstanceSpec { image, instance_profile, disk, tenancy, placement_group, .. } = &request.machine;
            seen.insert((image.clone(), instance_profile.clone(), disk.clone(), *tenancy, placement_group.clone()))
        };
        let clean: Vec<&LaunchRequest> = requests.iter().filter(|request| findings.is_clean(request)).collect();
        for request in clean.into_iter().filter(differ).take(REHEARSED) {
            self.rehearse_one(request, findings).await?;
        }
        Ok(())
    }

    /// Returns the device of the disk, as far as it is known without creating anything.
    async fn device_on_paper(&self, request: &LaunchRequest) -> Result<Option<String>, CloudError> {
        match &request.machine.image {
            Some(image) if image.starts_with(BY_PARAMETER) => Ok(None),
            _ => self.disks.device_of(request).await,
        }
    }

    async fn rehearse_one(&self, request: &LaunchRequest, findings: &mut CheckFindings) -> Result<(), CloudError> {
        let (Some(image), Some(offer)) = (request.machine.image.clone(), request.offers.first()) else { return Ok(()) };
        let specification = Ec2LaunchSpec {
            image,
            key_name: request.machine.key_name.clone(),
            groups: self.groups.of_launch(request).await?,
            profile: request.machine.instance_profile.as_deref().map(InstanceProfileRef::new),
            user_data: None,
            tags: request.tags.clone(),
            ends_with_shutdown: request.expires_at.is_some(),
            metadata_tags: request.has_renewed_lease(),
            host_key: None,
            hardware: Hardware::new(&request.machine, self.device_on_paper(request).await?),
        };
        let client = self.session.ec2().await?;
        let call = with_all(client.run_instances(), &specification, offer, 1)
            .dry_run(true)
            .metadata_options(metadata_options(&specification))
            .set_instance_initiated_shutdown_behavior(specification.shutdown_behavior())
            .set_capacity_reservation_specification(specification.hardware.reservation())
            .tag_specifications(tags::specification(aws_sdk_ec2::types::ResourceType::Instance, &specification.tags));
        let named = Call::ec2("RunInstances", ApiClass::RunInstances);
        let Err(problem) = self.session.call(named, || call.clone().send()).await else { return Ok(()) };
        match problem.class() {
            // Capacity may be available at the time of the launch, and there are other offers.
            ErrorClass::WouldWork | ErrorClass::NoCapacity | ErrorClass::Quota => Ok(()),
            _ => {
                let error = problem.explain(&self.session.scene(), "launch it");
                if error.kind == CloudErrorKind::Transient {
                    return Err(error);
                }
                findings.add(request, error.message, error.hint.unwrap_or_default());
                Ok(())
            }
        }
    }
}
